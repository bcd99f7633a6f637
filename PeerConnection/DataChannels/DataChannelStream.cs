using System.IO;
using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>A data channel as a stream of bytes.</summary>
internal sealed class DataChannelStream(RTCDataChannel channel, MessageReader reader) : Stream
{
    private const int ChunkSize = 16 * 1024;             // what every peer takes and what interleaves well with other channels
    private ReadOnlyMemory<byte> _rest;
    private bool _isDisposed;

    public override bool CanRead => !_isDisposed;

    public override bool CanWrite => !_isDisposed;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadCoreAsync(Require.NotNull(buffer).AsMemory(offset, count), cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteCoreAsync(Require.NotNull(buffer).AsMemory(offset, count), cancellationToken);

#if !NETSTANDARD2_0
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(ReadCoreAsync(buffer, cancellationToken));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => new(WriteCoreAsync(buffer, cancellationToken));
#endif

    // What was written is the channel's at once.
    public override void Flush() { }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            reader.Detach();
            channel.Close();
        }
        base.Dispose(disposing);
    }

    private async Task<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        RequireUsable();
        while (_rest.IsEmpty && !buffer.IsEmpty)         // an empty message is no end of the stream
        {
            if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } message) return 0;
            _rest = message.Data;
        }
        int length = Math.Min(buffer.Length, _rest.Length);
        _rest[..length].CopyTo(buffer);
        _rest = _rest[length..];
        return length;
    }

    private async Task WriteCoreAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        RequireUsable();
        while (!buffer.IsEmpty)
        {
            ReadOnlyMemory<byte> chunk = buffer[..Math.Min(buffer.Length, channel.ChunkSize(ChunkSize))];
            await channel.SendAsync(chunk, cancellationToken).ConfigureAwait(false);
            buffer = buffer[chunk.Length..];
        }
    }

    private void RequireUsable()
    {
        if (_isDisposed) throw new ObjectDisposedException(nameof(Stream), "The stream was disposed, which has closed its channel.");
    }
}
