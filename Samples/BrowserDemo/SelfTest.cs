using System.Diagnostics;
using System.Globalization;

namespace WebRtcStack.Samples.BrowserDemo;

/// <summary>Two peers in one process, over real sockets: connects them, sends messages and media both ways, prints what happened.</summary>
internal sealed class SelfTest : IAsyncDisposable
{
    private const int Packets = 50, LargeMessage = 256 << 10, UploadMessage = 16 << 10, UploadBytes = 16 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _timeout = new(s_limit);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly RTCPeerConnection _local = new(new RTCConfiguration(), new WebRtcOptions { IncludeLoopback = true });
    private readonly EchoPeer _peer = new();
    private readonly LocalMediaStreamTrack _audio = new(MediaKind.Audio), _video = new(MediaKind.Video);
    private readonly RTCDataChannel _chat, _throughput;

    private SelfTest()
    {
        (_chat, _throughput) = (_local.CreateDataChannel("chat"), _local.CreateDataChannel("throughput"));
        _local.AddTrack(_audio);
        _local.AddTrack(_video);
    }

    /// <returns>The exit code: 0 when everything worked, otherwise 1.</returns>
    public static async Task<int> RunAsync()
    {
        Console.WriteLine("WebRtcStack self-test: two peers, one process, real sockets\n");
        await using SelfTest test = new();
        try
        {
            await test.StepAsync("connect: ICE, DTLS, SCTP", test.ConnectAsync);
            await test.StepAsync("text message, there and back", test.EchoTextAsync);
            await test.StepAsync("binary messages of 256 KiB, there and back", test.EchoBinaryAsync);
            await test.StepAsync("throughput, there", test.UploadAsync);
            await test.StepAsync("throughput, back", test.DownloadAsync);
            await test.StepAsync("audio packets, there and back", () => test.EchoMediaAsync(test._audio, payloadType: 111, samples: 960));
            await test.StepAsync("video packets, there and back", () => test.EchoMediaAsync(test._video, payloadType: 96, samples: 3000));
            await test.StepAsync("statistics", test.MeasureAsync);
            await test.StepAsync("close", test.CloseAsync);
            Console.WriteLine($"\nAll of it works ({test._clock.Elapsed.TotalSeconds:0.0} s).");
            return 0;
        }
        catch (Exception exception)
        {
            string reason = exception is OperationCanceledException ? $"The test did not end within {s_limit.TotalSeconds:0} seconds." : exception.ToString();
            Console.WriteLine($"\nFAILED: {reason}");
            return 1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _local.DisposeAsync();
        await _peer.DisposeAsync();
        _timeout.Dispose();
    }

    private async Task StepAsync(string name, Func<Task<string>> step)
    {
        double start = _clock.Elapsed.TotalMilliseconds;
        string result;
        try
        {
            result = await step().WaitAsync(_timeout.Token);
        }
        catch
        {
            Console.WriteLine($"  FAIL  {name}");
            throw;
        }
        string took = string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalMilliseconds - start,8:0.0} ms");
        Console.WriteLine($"  ok    {name,-44} {took}   {result}");
    }

    private async Task<string> ConnectAsync()
    {
        TaskCompletionSource negotiated = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _local.OnIceCandidate += (_, e) => _ = TrickleAsync(_peer.Connection, e.Candidate, negotiated.Task);
        _peer.Connection.OnIceCandidate += (_, e) => _ = TrickleAsync(_local, e.Candidate, negotiated.Task);
        Task open = Task.WhenAll(OpenAsync(_chat), OpenAsync(_throughput));
        await _local.SetLocalDescriptionAsync();
        await _local.SetRemoteDescriptionAsync(await _peer.AnswerAsync(_local.LocalDescription!));
        negotiated.SetResult();
        await open;
        return $"{_local.ConnectionState.ToW3CString()}, 2 channels open";
    }

    private async Task<string> EchoTextAsync()
    {
        const string Text = "Grüße, 世界 👋";
        Task<string> echoed = NextAsync(_chat, message => message.Text);
        _chat.Send(Text);
        return Require(await echoed == Text, $"\"{Text}\"", "The text came back changed.");
    }

    private async Task<string> EchoBinaryAsync()
    {
        const int Count = 8;
        for (int i = 0; i < Count; i++)
        {
            byte[] sent = new byte[LargeMessage];
            new Random(i).NextBytes(sent);
            Task<byte[]> echoed = NextAsync(_chat, message => message.Data.ToArray());
            _chat.Send(sent);
            byte[] received = await echoed;
            if (!received.AsSpan().SequenceEqual(sent)) throw new InvalidOperationException($"Binary message {i} came back changed.");
        }
        return $"{Count} messages, equal byte for byte";
    }

    private async Task<string> UploadAsync()
    {
        byte[] message = new byte[UploadMessage];
        long start = Stopwatch.GetTimestamp();
        _throughput.BufferedAmountLowThreshold = 256 << 10;
        for (long sent = 0; sent < UploadBytes; sent += message.Length)
        {
            _throughput.Send(message);
            if (_throughput.BufferedAmount > 1 << 20) await BufferLowAsync(_throughput);
        }
        Task<string> received = NextAsync(_throughput, report => report.Text, report => report.Text == $"received {UploadBytes}");
        _throughput.Send("end");
        await received;
        return Rate(UploadBytes, Stopwatch.GetElapsedTime(start), UploadBytes / UploadMessage);
    }

    private async Task<string> DownloadAsync()
    {
        const int Milliseconds = 500;
        (long bytes, int messages, long start) = (0, 0, Stopwatch.GetTimestamp());
        Task<string> end = NextAsync(_throughput, message => message.Text, message =>
        {
            if (!message.IsBinary) return message.Text.StartsWith("sent ", StringComparison.Ordinal);
            bytes += message.Data.Length;
            messages++;
            return false;
        });
        _throughput.Send($"send {UploadMessage} {Milliseconds}");
        string reported = await end;
        return Require(reported == $"sent {bytes}", Rate(bytes, Stopwatch.GetElapsedTime(start), messages), $"The peer {reported} bytes, {bytes} have arrived.");
    }

    private async Task<string> EchoMediaAsync(LocalMediaStreamTrack track, byte payloadType, uint samples)
    {
        RemoteMediaStreamTrack echo = (RemoteMediaStreamTrack)_local.GetReceivers().Single(receiver => receiver.Track.Kind == track.Kind).Track;
        int returned = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        echo.OnRtpPacket += (_, _) => { if (++returned == Packets) all.TrySetResult(); };
        using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(5));
        for (int i = 0; i < Packets; i++)
        {
            track.WriteRtp(new RtpPacketFields(payloadType, (ushort)i, (uint)i * samples, Marker: true), new byte[200]);
            await pace.WaitForNextTickAsync(_timeout.Token);
        }
        await all.Task.WaitAsync(_timeout.Token);
        return $"{returned} of {Packets}";
    }

    private async Task<string> MeasureAsync()
    {
        RTCStatsReport report = await _local.GetStatsAsync();
        RTCTransportStats transport = report.OfType<RTCTransportStats>().Single();
        RTCIceCandidatePairStats pair = (RTCIceCandidatePairStats)report[transport.SelectedCandidatePairId!];
        string version = transport.TlsVersion == "FEFC" ? "DTLS 1.3" : "DTLS 1.2";
        return $"{version}, {transport.DtlsCipher}, {transport.SrtpCipher}, round trip {pair.CurrentRoundTripTime * 1000:0.00} ms";
    }

    private async Task<string> CloseAsync()
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _chat.OnClose += (_, _) => closed.TrySetResult();
        await _peer.DisposeAsync();
        await closed.Task;
        return "the other side was told";
    }

    private static async Task TrickleAsync(RTCPeerConnection to, RTCIceCandidate? candidate, Task negotiated)
    {
        await negotiated;
        if (candidate is not null) await to.AddIceCandidateAsync(candidate);
    }

    private static Task OpenAsync(RTCDataChannel channel)
    {
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.OnOpen += (_, _) => open.TrySetResult();
        return open.Task;
    }

    private static async Task BufferLowAsync(RTCDataChannel channel)
    {
        TaskCompletionSource low = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnLow(object? sender, EventArgs e) => low.TrySetResult();
        channel.OnBufferedAmountLow += OnLow;
        if (channel.BufferedAmount > channel.BufferedAmountLowThreshold) await low.Task;
        channel.OnBufferedAmountLow -= OnLow;
    }

    // Reads a message in its handler, after which its memory is used again.
    private static async Task<T> NextAsync<T>(RTCDataChannel channel, Func<MessageEvent, T> read, Func<MessageEvent, bool>? isIt = null)
    {
        TaskCompletionSource<T> next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnMessage(object? sender, MessageEvent message)
        {
            if (isIt?.Invoke(message) ?? true) next.TrySetResult(read(message));
        }
        channel.OnMessage += OnMessage;
        try
        {
            return await next.Task;
        }
        finally
        {
            channel.OnMessage -= OnMessage;
        }
    }

    private static string Rate(long bytes, TimeSpan time, int messages) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / time.TotalSeconds * 8 / 1e6:0} Mbit/s, {messages} messages of {UploadMessage >> 10} KiB");

    private static string Require(bool condition, string result, string otherwise) => condition ? result : throw new InvalidOperationException(otherwise);
}
