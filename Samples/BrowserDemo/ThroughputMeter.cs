using System.Diagnostics;
using System.Globalization;

namespace WebRtcStack.Samples.BrowserDemo;

/// <summary>
/// The peer's half of the throughput test. Binary messages are counted, and "received &lt;bytes&gt;" reports them ten times a second;
/// "send &lt;message size&gt; &lt;milliseconds&gt;" is answered with binary messages for that long, and "sent &lt;bytes&gt;" at their end.
/// </summary>
internal sealed class ThroughputMeter
{
    private const long HighWater = 1 << 20, LowWater = 256 << 10;         // bytes in the channel's queue
    private static readonly TimeSpan s_reportInterval = TimeSpan.FromMilliseconds(100), s_longest = TimeSpan.FromSeconds(30);
    private readonly RTCDataChannel _channel;
    private long _received, _reportedAt, _sent, _startedAt;
    private TimeSpan _duration;
    private byte[] _message = [];

    private ThroughputMeter(RTCDataChannel channel)
    {
        _channel = channel;
        channel.BufferedAmountLowThreshold = LowWater;
        channel.OnMessage += OnMessage;
        channel.OnBufferedAmountLow += (_, _) => Send();
    }

    public static void Serve(RTCDataChannel channel) => _ = new ThroughputMeter(channel);

    private void OnMessage(object? sender, MessageEvent message)
    {
        if (message.IsBinary) Count(message.Data.Length);
        else Start(message.Text);
    }

    private void Count(int bytes)
    {
        _received += bytes;
        if (Stopwatch.GetElapsedTime(_reportedAt) < s_reportInterval) return;
        _reportedAt = Stopwatch.GetTimestamp();
        Say("received", _received);
    }

    private void Start(string command)
    {
        if (command == "end")                                            // the sender has sent all it wanted
        {
            Say("received", _received);
            _received = 0;
            return;
        }
        if (command.Split(' ') is not ["send", string sizeText, string durationText] ||
            !int.TryParse(sizeText, NumberStyles.None, CultureInfo.InvariantCulture, out int size) || size is < 1 or > 256 << 10 ||
            !int.TryParse(durationText, NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds)) return;
        _duration = TimeSpan.FromMilliseconds(Math.Min(milliseconds, s_longest.TotalMilliseconds));
        (_message, _sent, _startedAt) = (new byte[size], 0, Stopwatch.GetTimestamp());
        Send();
    }

    // Fills the queue; when it has run low the channel says so, and this goes on.
    private void Send()
    {
        while (_message.Length > 0 && _channel.ReadyState == RTCDataChannelState.Open && _channel.BufferedAmount < HighWater)
        {
            if (Stopwatch.GetElapsedTime(_startedAt) >= _duration)
            {
                _message = [];
                Say("sent", _sent);
                return;
            }
            _channel.Send(_message);
            _sent += _message.Length;
        }
    }

    private void Say(string what, long bytes)
    {
        if (_channel.ReadyState == RTCDataChannelState.Open) _channel.Send(string.Create(CultureInfo.InvariantCulture, $"{what} {bytes}"));
    }
}
