using WebRtcStack.Core;
using WebRtcStack.Sdp;

namespace WebRtcStack;

public sealed partial class RTCRtpSender
{
    private IReadOnlyList<RTCRtpEncodingParameters> _encodings = [];
    private RTCRtpSendParameters? _lastReturned;
    private IReadOnlyList<RTCRtpCodecParameters> _codecs = [];
    private IReadOnlyList<RTCRtpHeaderExtensionParameters> _extensions = [];
    private bool _reducedSize;
    private RTCDegradationPreference? _degradationPreference;

    /// <summary>[[SendEncodings]].</summary>
    internal IReadOnlyList<RTCRtpEncodingParameters> Encodings => _encodings;

    /// <summary>[[SendCodecs]].</summary>
    internal IReadOnlyList<RTCRtpCodecParameters> SendCodecs => _codecs;

    /// <summary>How the track is sent (webrtc-pc §5.2.2, getParameters).</summary>
    public RTCRtpSendParameters GetParameters()
    {
        lock (_context.Gate)
        {
            // Deviation, step 5: a queued task does not forget them, since here the caller runs beside the tasks and not before them.
            return _lastReturned ??= new RTCRtpSendParameters
            {
                TransactionId = RandomText.Create(_context.Options.Random, 16), Encodings = _encodings, Codecs = _codecs, HeaderExtensions = _extensions,
                Rtcp = new RTCRtcpParameters { Cname = _context.Cname, ReducedSize = _reducedSize }, DegradationPreference = _degradationPreference,
            };
        }
    }

    /// <summary>Changes how the track is sent, within what was negotiated (webrtc-pc §5.2.2, setParameters).</summary>
    /// <param name="parameters">What <see cref="GetParameters"/> gave last, with other <see cref="RTCRtpSendParameters.Encodings"/>.</param>
    /// <param name="setParameterOptions">What is asked of the encodings once: a key frame.</param>
    /// <exception cref="DOMException">InvalidStateError: the transceiver is stopped, or GetParameters was not called since the last change.
    /// InvalidModificationError: something was changed that is read-only, a codec was not negotiated, or there are not as many options as encodings.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A scaleResolutionDownBy is below 1, or a maxFramerate below 0 (a WebIDL RangeError).</exception>
    public Task SetParametersAsync(RTCRtpSendParameters parameters, RTCSetParameterOptions? setParameterOptions = null)
    {
        Require.NotNull(parameters);
        lock (_context.Gate)
        {
            try
            {
                if (Transceiver.IsStopping) throw DOMException.InvalidState("The transceiver is stopped; its parameters cannot be set any more.");
                if (_lastReturned is not { } last) throw DOMException.InvalidState("Call GetParameters first: what it gave has been applied, or negotiation has changed it.");
                IReadOnlyList<RTCRtpEncodingParameters> encodings = EncodingRules.ForSetParameters(Kind, last, parameters);
                IReadOnlyList<RTCEncodingOptions> options = Kind == MediaKind.Audio ? [] : setParameterOptions?.EncodingOptions ?? [];
                if (options.Count > 0 && options.Count != encodings.Count)
                    throw DOMException.InvalidModification($"There are {options.Count} options for {encodings.Count} encodings; give one for each, or none.");
                TaskCompletionSource<object?> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _context.QueueTask(() =>
                {
                    _degradationPreference = parameters.DegradationPreference;
                    SetEncodings(encodings);
                    for (int i = 0; i < options.Count && i < _encodings.Count; i++)
                    {
                        string? rid = _encodings[i].Rid;
                        if (options[i].KeyFrame) _context.Fire(() => RaiseKeyFrameRequested(rid));
                    }
                    _context.Settle(() => done.SetResult(null));
                });
                return done.Task;
            }
            catch (Exception exception) when (exception is DOMException or ArgumentException)
            {
                return Task.FromException(exception);
            }
        }
    }

    /// <summary>An offer to receive simulcast makes a sender of one encoding without rid one of several (webrtc-pc §4.4.1.5).</summary>
    internal void Propose(IReadOnlyList<RTCRtpEncodingParameters> proposed)
    {
        if (proposed.Count > 0 && _encodings is [{ Rid: null }]) SetEncodings(proposed);
    }

    /// <summary>An answer narrows the encodings to the layers that it has; to the first when it has none of them.</summary>
    internal void Narrow(IReadOnlyList<string> answered)
    {
        if (_encodings.Count <= 1) return;
        RTCRtpEncodingParameters[] left = [.. _encodings.Where(encoding => encoding.Rid is not null && answered.Contains(encoding.Rid))];
        if (left.Length == _encodings.Count) return;
        SetEncodings(left.Length == 0 ? [_encodings[0]] : left);
    }

    /// <summary>Sets [[SendEncodings]] and forgets [[LastReturnedParameters]].</summary>
    internal void SetEncodings(IReadOnlyList<RTCRtpEncodingParameters> encodings)
    {
        (_encodings, _lastReturned) = (encodings, null);
        ApplyEncodings();
    }

    /// <summary>Takes over what an exchange has negotiated for sending.</summary>
    internal void SetNegotiated(IReadOnlyList<SdpCodec> codecs, NegotiatedExtensions extensions, bool reducedSize)
    {
        _codecs = [.. codecs.Select(codec => RTCRtpCodecParameters.Of(Kind, codec))];
        _extensions = extensions.ToParameters(SdpDirection.SendOnly);
        (_reducedSize, _lastReturned) = (reducedSize, null);
        if (_codecs.Count == 0) return;
        _encodings = [.. _encodings.Select(encoding => encoding.Codec is { } chosen && !_codecs.Any(codec => codec.Matches(chosen, ignoreAsymmetricalParameters: true))
            ? encoding with { Codec = null } : encoding)];
        ApplyEncodings();
    }
}
