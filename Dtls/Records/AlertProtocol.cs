namespace WebRtcStack.Dtls;

/// <summary>What an alert means for the connection.</summary>
internal enum AlertMeaning
{
    Ignored,
    Close,
    Fatal,
}

/// <summary>Reads and owes alerts (RFC 5246 §7.2). One is owed at a time, a fatal one or close_notify before a warning; none is repeated.</summary>
internal sealed class AlertProtocol(RecordLayer records)
{
    public const int Size = 2;
    private const byte Warning = 1;
    private const byte Fatal = 2;
    private DtlsAlert? _owed;
    private byte _level;

    /// <summary>Reads an alert. In DTLS 1.3 its level means nothing: all but two are fatal (RFC 8446 §6).</summary>
    public static AlertMeaning Read(ReadOnlySpan<byte> content, bool isDtls13, out DtlsAlert alert)
    {
        alert = default;
        if (content.Length != Size || content[0] is not (Warning or Fatal)) return AlertMeaning.Ignored;
        alert = (DtlsAlert)content[1];
        if (alert == DtlsAlert.CloseNotify) return AlertMeaning.Close;
        return content[0] == Fatal || (isDtls13 && alert != DtlsAlert.UserCanceled) ? AlertMeaning.Fatal : AlertMeaning.Ignored;
    }

    /// <summary>Writes a fatal alert.</summary>
    public static void WriteFatal(Span<byte> content, DtlsAlert alert) => (content[0], content[1]) = (Fatal, (byte)alert);

    public void OweFatal(DtlsAlert alert) => (_owed, _level) = (alert, Fatal);

    public void OweClose() => (_owed, _level) = (DtlsAlert.CloseNotify, Warning);

    public void OweWarning(DtlsAlert alert)
    {
        if (_owed is null) (_owed, _level) = (alert, Warning);
    }

    public void Forget() => _owed = null;

    public int Transmit(Span<byte> destination)
    {
        if (_owed is not DtlsAlert alert || !records.CanWrite) return 0;
        Span<byte> content = destination[records.PlaintextOffset(records.WriteEpoch)..];
        (content[0], content[1]) = (_level, (byte)alert);
        _owed = null;
        return records.Seal(destination, ContentType.Alert, records.WriteEpoch, Size);
    }
}
