namespace WebRtcStack.Dtls;

/// <summary>Secret bytes with one owner, cleared when it lets go of them.</summary>
internal sealed class Secret(byte[] bytes) : IDisposable
{
    private byte[]? _bytes = bytes;

    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Hands the bytes to a new owner; this one is empty afterwards and clears nothing.</summary>
    public Secret Move()
    {
        Debug.Assert(_bytes is not null, "a secret is moved by its owner");
        Secret moved = new(_bytes!);
        _bytes = null;
        return moved;
    }

    public void Dispose()
    {
        SecretMemory.Clear(_bytes);
        _bytes = null;
    }
}
