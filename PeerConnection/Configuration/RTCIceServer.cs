using System.Text.Json;
using System.Text.Json.Serialization;
using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>STUN and TURN servers that share their credentials (webrtc-pc §4.2.2).</summary>
public sealed record RTCIceServer
{
    /// <summary>The servers' URIs (RFC 7064, 7065): "stun:stun.example.org", "turn:turn.example.org?transport=udp".</summary>
    [JsonPropertyName("urls"), JsonConverter(typeof(StringOrListConverter))]
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>The user, for TURN.</summary>
    [JsonPropertyName("username")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Username { get; init; }

    /// <summary>The password, for TURN.</summary>
    [JsonPropertyName("credential")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Credential { get; init; }
}

/// <summary>Reads WebIDL's "USVString or sequence&lt;USVString&gt;", and writes the sequence.</summary>
public sealed class StringOrListConverter : JsonConverter<IReadOnlyList<string>>
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return [reader.GetString()!];
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("Not a string or a list of strings.");
        List<string> list = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("Not a string."));
        return list;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        Require.NotNull(writer).WriteStartArray();
        foreach (string each in Require.NotNull(value)) writer.WriteStringValue(each);
        writer.WriteEndArray();
    }
}
