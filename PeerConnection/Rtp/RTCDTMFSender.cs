using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>Sends tones of a telephone's keypad in place of audio (webrtc-pc §7, RFC 4733).</summary>
public sealed class RTCDTMFSender
{
    internal const string CodecName = "telephone-event";

    private const char Pause = ',';
    private const int MinDuration = 40, MinGap = 30, Max = 6000;
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);
    private readonly ConnectionContext _context;
    private readonly RTCRtpSender _sender;
    private string _toneBuffer = "";
    private TimeSpan _duration, _gap;
    private bool _isScheduled;

    internal RTCDTMFSender(ConnectionContext context, RTCRtpSender sender) => (_context, _sender) = (context, sender);

    /// <summary>A tone, or a pause, begins; with an empty tone: all have been played.</summary>
    public event EventHandler<RTCDTMFToneChangeEvent>? OnToneChange;

    /// <summary>Whether tones can be sent: the connection is connected, and audio with telephone-event negotiated to be sent (webrtc-pc §7.3).</summary>
    public bool CanInsertDTMF
    {
        get
        {
            lock (_context.Gate) return CanInsert();
        }
    }

    /// <summary>The tones that are yet to be played.</summary>
    public string ToneBuffer
    {
        get
        {
            lock (_context.Gate) return _toneBuffer;
        }
    }

    /// <summary>Plays tones, in place of those that wait (webrtc-pc §7.2.2, insertDTMF).</summary>
    /// <param name="tones">Of 0 to 9, A to D, # and *; a comma is a pause of 2 s. Empty: nothing is played after the current tone.</param>
    /// <param name="duration">Milliseconds of each tone; what is below 40 or above 6000 is moved to that.</param>
    /// <param name="interToneGap">Milliseconds between tones; what is below 30 or above 6000 is moved to that.</param>
    /// <exception cref="DOMException">InvalidStateError: tones cannot be sent now, see <see cref="CanInsertDTMF"/>.
    /// InvalidCharacterError: there are other characters.</exception>
    public void InsertDTMF(string tones, uint duration = 100, uint interToneGap = 70)
    {
        Require.NotNull(tones);
        lock (_context.Gate)
        {
            if (!CanInsert()) throw DOMException.InvalidState("Tones cannot be sent now: see CanInsertDTMF.");
            tones = tones.ToUpperInvariant();
            foreach (char tone in tones)
            {
                if (tone != Pause && TelephoneEvent.CodeOf(tone) is null)
                    throw new DOMException("InvalidCharacterError", $"'{tone}' is no tone; use 0-9, A-D, #, * and the comma.");
            }
            _toneBuffer = tones;
            _duration = TimeSpan.FromMilliseconds(Math.Min(Math.Max(duration, MinDuration), Max));
            _gap = TimeSpan.FromMilliseconds(Math.Min(Math.Max(interToneGap, MinGap), Max));
            if (tones.Length == 0 || _isScheduled) return;
            _isScheduled = true;
            _context.QueueTask(Playout);
        }
    }

    // DTMF playout task steps
    private void Playout()
    {
        _isScheduled = false;
        if (!CanInsert()) return;
        if (_toneBuffer.Length == 0)
        {
            Tell("");
            return;
        }
        char tone = _toneBuffer[0];
        _toneBuffer = _toneBuffer[1..];
        _isScheduled = true;
        TimeSpan next = s_pause, duration = _duration;
        byte? code = TelephoneEvent.CodeOf(tone);
        if (code is not null) next = duration + _gap;
        SendLayer layer = _sender.Layers[0];
        _context.Post((peer, now) =>
        {
            if (code is not null) layer.Outlet?.Play(code.Value, duration, now);
            peer.Delays.Add(now + next, () => _context.QueueTask(Playout));
        });
        Tell(tone.ToString());
    }

    private void Tell(string tone) => _context.Fire(() => OnToneChange?.Invoke(this, new RTCDTMFToneChangeEvent(tone)));

    // webrtc-pc §7.3
    private bool CanInsert() => !_context.IsClosed && _context.Owner.ConnectionState == RTCPeerConnectionState.Connected && !_sender.Transceiver.IsStopping &&
        _sender.Track is not null && (_sender.Transceiver.CurrentDirection?.Sends() ?? false) && _sender.Encodings[0].Active &&
        _sender.SendCodecs.Any(codec => string.Equals(codec.Name, CodecName, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A tone begins (webrtc-pc §7.4).</summary>
/// <param name="tone">The tone, a comma for a pause, or an empty string when all have been played.</param>
public sealed class RTCDTMFToneChangeEvent(string tone) : EventArgs
{
    /// <summary>The tone, a comma for a pause, or an empty string when all have been played.</summary>
    public string Tone { get; } = tone;
}
