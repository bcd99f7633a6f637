namespace WebRtcStack.Sdp;

/// <summary>Reads the lines of RFC 8866 §5 in their order.</summary>
/// <remarks>
/// Tolerated, because peers do it: a bare LF as line end, a last line without end, an empty session name (§5.3 asks for
/// "-" or a space), no <c>t=</c> line, and fields parted by more than one space. Limits: 1 MiB of text, 1024 media sections.
/// </remarks>
internal ref struct SdpParser
{
    public const int MaxLength = 1 << 20;
    public const int MaxMediaSections = 1024;

    private ReadOnlySpan<char> _rest;
    private ReadOnlySpan<char> _value;       // of the current line, behind "x="
    private ReadOnlySpan<char> _line;
    private char _type;                      // of the current line; '\0' at the end of the text
    private int _number;
    private SdpError? _error;

    public SdpParser(ReadOnlySpan<char> text) => _rest = text;

    public bool TryParse([NotNullWhen(true)] out SdpDescription? description, [NotNullWhen(false)] out SdpError? error)
    {
        description = new SdpDescription();
        bool parsed = _rest.Length <= MaxLength
            ? ReadSession(description) && ReadMediaSections(description)
            : Fail($"The description is longer than {MaxLength} characters.");
        error = _error;
        if (parsed && error is null) return true;
        error ??= new SdpError(_number, "The line is malformed.", SdpError.Shorten(_line.ToString()));
        description = null;
        return false;
    }

    private bool ReadSession(SdpDescription description)
    {
        if (!Advance()) return false;
        if (_type != 'v') return Fail("A description starts with a \"v=\" line.");
        if (!_value.SequenceEqual("0".AsSpan())) return Fail("The only version is 0.");
        if (!Advance()) return false;
        if (_type != 'o') return Fail("An \"o=\" line follows \"v=\".");
        if (!TryReadOrigin(out SdpOrigin? origin)) return Fail("\"o=\" has six fields: user, id, version, IN, IP4 or IP6, address.");
        description.Origin = origin;
        if (!Advance()) return false;
        if (_type != 's') return Fail("An \"s=\" line follows \"o=\".");
        description.SessionName = SdpWord.Intern(_value);
        return Advance() && ReadSessionRest(description);
    }

    private bool ReadSessionRest(SdpDescription description)
    {
        description.Information = TakeOptional('i');
        description.Uri = TakeOptional('u');
        while (_type == 'e' && _error is null) description.Emails.Add(TakeValue());
        while (_type == 'p' && _error is null) description.Phones.Add(TakeValue());
        if (_type == 'c' && _error is null)
        {
            if (!TryReadConnection(out SdpConnection? connection)) return false;
            description.Connection = connection;
        }
        if (!ReadBandwidths(description.Bandwidths) || !ReadTimings(description)) return false;
        description.TimeZones = TakeOptional('z');
        description.Key = TakeOptional('k');
        return ReadAttributes(description.Attributes);
    }

    private bool ReadTimings(SdpDescription description)
    {
        while (_type == 't' && _error is null)
        {
            ReadOnlySpan<char> fields = _value;
            if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> start) || !SdpText.TryParseNumber(start, out ulong from) ||
                !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> stop) || !SdpText.TryParseNumber(stop, out ulong to))
                return Fail("\"t=\" has two numbers: start and stop.");
            if (!Advance()) return false;
            List<string> repeats = [];
            while (_type == 'r' && _error is null) repeats.Add(TakeValue());
            description.Timings.Add(new SdpTiming(from, to) { Repeats = repeats });
        }
        return _error is null;
    }

    private bool ReadMediaSections(SdpDescription description)
    {
        while (_type == 'm')
        {
            if (description.Media.Count == MaxMediaSections) return Fail($"There are more than {MaxMediaSections} media sections.");
            if (!TryReadMedia(out SdpMedia? media) || !Advance()) return false;
            media.Information = TakeOptional('i');
            while (_type == 'c' && _error is null)
            {
                if (!TryReadConnection(out SdpConnection? connection)) return false;
                media.Connections.Add(connection);
            }
            if (!ReadBandwidths(media.Bandwidths)) return false;
            media.Key = TakeOptional('k');
            if (!ReadAttributes(media.Attributes)) return false;
            description.Media.Add(media);
        }
        return _error is null && (_type == '\0' || Fail($"\"{_type}=\" does not belong here."));
    }

    private bool TryReadMedia([NotNullWhen(true)] out SdpMedia? media)
    {
        media = null;
        ReadOnlySpan<char> fields = _value;
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> kind) || !SdpText.IsToken(kind))
            return Fail("\"m=\" starts with a media type.");
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> ports)) return Fail("\"m=\" needs a port.");
        int slash = ports.IndexOf('/');
        int count = 0;
        if (slash >= 0 && !SdpText.TryParseNumber(ports[(slash + 1)..], 65535, out count)) return Fail("The number of ports is not a number.");
        if (!SdpText.TryParseNumber(slash < 0 ? ports : ports[..slash], 65535, out int port)) return Fail("The port is not a number from 0 to 65535.");
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> protocol)) return Fail("\"m=\" needs a protocol.");
        foreach (char c in protocol)
        {
            if (c != '/' && !SdpText.IsToken([c])) return Fail("The protocol has characters that are not allowed.");
        }
        media = new SdpMedia
        {
            Kind = SdpWord.Intern(kind), Port = port, PortCount = slash < 0 ? null : count, Protocol = SdpWord.Intern(protocol), LineNumber = _number,
        };
        while (SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> format)) media.Formats.Add(SdpWord.Intern(format));
        return media.Formats.Count > 0 || Fail("\"m=\" needs at least one format.");
    }

    private readonly bool TryReadOrigin([NotNullWhen(true)] out SdpOrigin? origin)
    {
        origin = null;
        ReadOnlySpan<char> fields = _value;
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> user) ||
            !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> id) || !SdpText.TryParseNumber(id, out _) ||
            !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> version) || !SdpText.TryParseNumber(version, out _) ||
            !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> network) ||
            !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> type) ||
            !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> address)) return false;
        origin = new SdpOrigin(
            SdpWord.Intern(user), id.ToString(), SdpWord.Intern(version), SdpWord.Intern(network), SdpWord.Intern(type), SdpWord.Intern(address));
        return true;
    }

    private bool TryReadConnection([NotNullWhen(true)] out SdpConnection? connection)
    {
        connection = null;
        ReadOnlySpan<char> fields = _value;
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> network) ||
            !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> type) ||
            !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> address)) return Fail("\"c=\" has three fields: IN, IP4 or IP6, address.");
        connection = new SdpConnection(SdpWord.Intern(network), SdpWord.Intern(type), SdpWord.Intern(address));
        return Advance();
    }

    private bool ReadBandwidths(IList<SdpBandwidth> bandwidths)
    {
        while (_type == 'b' && _error is null)
        {
            int colon = _value.IndexOf(':');
            if (colon <= 0 || !SdpText.TryParseNumber(_value[(colon + 1)..].TrimEnd(' '), out ulong value))
                return Fail("\"b=\" has the form type:number.");
            bandwidths.Add(new SdpBandwidth(_value[..colon].ToString(), value));
            if (!Advance()) return false;
        }
        return _error is null;
    }

    private bool ReadAttributes(SdpAttributeList attributes)
    {
        attributes.FirstLine = _number;
        while (_type == 'a' && _error is null)
        {
            int colon = _value.IndexOf(':');
            ReadOnlySpan<char> name = colon < 0 ? _value : _value[..colon];
            if (!SdpText.IsToken(name)) return Fail("An attribute's name has characters that are not allowed.");
            attributes.Add(SdpWord.Intern(name), colon < 0 ? null : SdpWord.Intern(_value[(colon + 1)..]));
            if (!Advance()) return false;
        }
        return _error is null;
    }

    private string? TakeOptional(char type) => _type == type && _error is null ? TakeValue() : null;

    private string TakeValue()
    {
        string value = _value.ToString();
        Advance();
        return value;
    }

    // Moves to the next line; at the end of the text the type becomes '\0'. False when the line is none.
    private bool Advance()
    {
        if (_rest.IsEmpty)
        {
            return End();
        }
        _number++;
        int end = _rest.IndexOf('\n');
        _line = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? default : _rest[(end + 1)..];
        if (!_line.IsEmpty && _line[^1] == '\r') _line = _line[..^1];
        if (_line.IsEmpty && _rest.Trim("\r\n".AsSpan()).IsEmpty)           // empty lines behind the last are no lines
        {
            return End();
        }
        if (_line.Length < 2 || _line[1] != '=' || _line[0] is < 'a' or > 'z') return Fail("A line has the form x=value.");
        if (_line.IndexOfAny('\0', '\r') >= 0) return Fail("A line holds a NUL or a CR.");
        _type = _line[0];
        _value = _line[2..];
        return true;
    }

    private bool End()
    {
        _type = '\0';
        _rest = _value = _line = default;
        return true;
    }

    private bool Fail(string reason)
    {
        _error ??= new SdpError(Math.Max(_number, 1), reason, SdpError.Shorten(_line.ToString()));
        return false;
    }
}
