using System.Text;

namespace WebRtcStack.Sdp;

/// <summary>Writes descriptions in the order of RFC 8866 §5, each line ended by CRLF.</summary>
internal static class SdpWriter
{
    public static string Write(SdpDescription description)
    {
        StringBuilder text = new(1024);
        Line(text, 'v', "0");
        Line(text, 'o', description.Origin.ToString());
        Line(text, 's', description.SessionName);
        Optional(text, 'i', description.Information);
        Optional(text, 'u', description.Uri);
        foreach (string email in description.Emails) Line(text, 'e', email);
        foreach (string phone in description.Phones) Line(text, 'p', phone);
        Optional(text, 'c', description.Connection?.ToString());
        foreach (SdpBandwidth bandwidth in description.Bandwidths) Line(text, 'b', bandwidth.ToString());
        if (description.Timings.Count == 0) Line(text, 't', "0 0");
        foreach (SdpTiming timing in description.Timings)
        {
            Line(text, 't', timing.ToString());
            foreach (string repeat in timing.Repeats) Line(text, 'r', repeat);
        }
        Optional(text, 'z', description.TimeZones);
        Optional(text, 'k', description.Key);
        Attributes(text, description.Attributes);
        foreach (SdpMedia media in description.Media)
        {
            Line(text, 'm', media.ToString());
            Optional(text, 'i', media.Information);
            foreach (SdpConnection connection in media.Connections) Line(text, 'c', connection.ToString());
            foreach (SdpBandwidth bandwidth in media.Bandwidths) Line(text, 'b', bandwidth.ToString());
            Optional(text, 'k', media.Key);
            Attributes(text, media.Attributes);
        }
        return text.ToString();
    }

    private static void Line(StringBuilder text, char type, string value) =>
        text.Append(type).Append('=').Append(value).Append("\r\n");

    private static void Optional(StringBuilder text, char type, string? value)
    {
        if (value is not null) Line(text, type, value);
    }

    private static void Attributes(StringBuilder text, SdpAttributeList attributes)
    {
        foreach (SdpAttribute attribute in attributes)
        {
            text.Append("a=").Append(attribute.Name);
            if (attribute.Value is not null) text.Append(':').Append(attribute.Value);
            text.Append("\r\n");
        }
    }
}
