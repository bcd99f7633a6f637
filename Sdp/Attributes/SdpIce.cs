namespace WebRtcStack.Sdp;

/// <summary>The ICE credentials of a section (RFC 8839 §5.4): <c>a=ice-ufrag</c> and <c>a=ice-pwd</c>.</summary>
/// <param name="UsernameFragment">4 to 256 ice-chars.</param>
/// <param name="Password">22 to 256 ice-chars.</param>
public sealed record SdpIce(string UsernameFragment, string Password)
{
    /// <summary>The credentials that hold for a section: its own, or the session's; null when either line is missing.</summary>
    public static SdpIce? Read(SdpDescription description, SdpMedia media)
    {
        Core.Require.NotNull(description);
        return description.Inherited(media, "ice-ufrag") is { } fragment && description.Inherited(media, "ice-pwd") is { } password
            ? new SdpIce(fragment, password)
            : null;
    }

    /// <summary>Whether text is a user fragment: 4 to 256 ice-chars.</summary>
    public static bool IsUsernameFragment(string? text) => text is { Length: >= 4 and <= 256 } && AreIceChars(text.AsSpan());

    /// <summary>Whether text is a password: 22 to 256 ice-chars.</summary>
    public static bool IsPassword(string? text) => text is { Length: >= 22 and <= 256 } && AreIceChars(text.AsSpan());

    // RFC 8839 §5.1: ALPHA / DIGIT / "+" / "/"; peers also use "-", "_" and "=", which do no harm.
    internal static bool AreIceChars(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '+' or '/' or '-' or '_' or '=')) return false;
        }
        return !text.IsEmpty;
    }
}

/// <summary>An <c>a=ice-options</c> line (RFC 8839 §5.6): tags of what the writer supports, such as "trickle" and "ice2".</summary>
/// <param name="Options">The tags.</param>
public sealed record SdpIceOptions(IReadOnlyList<string> Options)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpIceOptions? options)
    {
        string[] tags = SdpText.Fields(value);
        options = tags.Length > 0 ? new SdpIceOptions(tags) : null;
        return options is not null;
    }

    /// <summary>Whether the tag is among them.</summary>
    public bool Contains(string option) => Options.Contains(option);

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => string.Join(" ", Options);

    /// <summary>Equality of the tags and their order.</summary>
    public bool Equals(SdpIceOptions? other) => other is not null && Options.SequenceEqual(other.Options);

    /// <inheritdoc/>
    public override int GetHashCode() => Options.Count;
}

/// <summary>An <c>a=remote-candidates</c> line (RFC 8839 §5.2): the peer's candidates that the controlling side has chosen.</summary>
/// <param name="Candidates">One for each component.</param>
public sealed record SdpRemoteCandidates(IReadOnlyList<SdpRemoteCandidate> Candidates)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpRemoteCandidates? candidates)
    {
        candidates = null;
        string[] fields = SdpText.Fields(value);
        if (fields.Length == 0 || fields.Length % 3 != 0) return false;
        List<SdpRemoteCandidate> read = [];
        for (int i = 0; i < fields.Length; i += 3)
        {
            if (!SdpText.TryParseNumber(fields[i].AsSpan(), 256, out int component) || component == 0) return false;
            if (!SdpText.TryParseNumber(fields[i + 2].AsSpan(), 65535, out int port)) return false;
            read.Add(new SdpRemoteCandidate(component, fields[i + 1], port));
        }
        candidates = new SdpRemoteCandidates(read);
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => string.Join(" ", Candidates);

    /// <summary>Equality of the candidates and their order.</summary>
    public bool Equals(SdpRemoteCandidates? other) => other is not null && Candidates.SequenceEqual(other.Candidates);

    /// <inheritdoc/>
    public override int GetHashCode() => Candidates.Count;
}

/// <summary>One of <see cref="SdpRemoteCandidates"/>.</summary>
/// <param name="Component">The component, 1 to 256.</param>
/// <param name="Address">Its address.</param>
/// <param name="Port">Its port.</param>
public sealed record SdpRemoteCandidate(int Component, string Address, int Port)
{
    /// <summary>As the line has it.</summary>
    public override string ToString() => $"{SdpText.Format(Component)} {Address} {SdpText.Format(Port)}";
}
