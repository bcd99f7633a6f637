namespace WebRtcStack.Rtp;

/// <summary>Whether a frame can be decoded after what was lost before it: at key frames, and by TL0PICIDX where lower temporal layers are intact.</summary>
internal sealed class Decodability
{
    private State _state = State.Broken;
    private byte? _baseLayer;

    private enum State
    {
        /// <summary>Nothing is missing.</summary>
        Intact,

        /// <summary>Higher temporal layers lack something; a sync frame mends them.</summary>
        BaseOnly,

        /// <summary>Something is missing that may be needed.</summary>
        Broken,
    }

    /// <summary>Something was lost.</summary>
    public void Lose() => _state = State.Broken;

    /// <summary>Whether a frame can be decoded. It counts as decoded then.</summary>
    /// <param name="isKeyFrame">Whether it is a key frame.</param>
    /// <param name="info">What its first packet says.</param>
    public bool TryTake(bool isKeyFrame, in RtpPayloadInfo info)
    {
        if (isKeyFrame) _state = State.Intact;
        else if (_state != State.Intact && !TryMend(info)) return false;
        if (info.BaseLayerIndex is not null) _baseLayer = info.BaseLayerIndex;
        return true;
    }

    // RFC 7741 §4.2: TL0PICIDX counts base-layer frames, which need none but those; a sync frame needs the base layer alone.
    private bool TryMend(in RtpPayloadInfo info)
    {
        if (info.BaseLayerIndex is not { } index || _baseLayer is not { } last) return false;
        if (info.TemporalId == 0)
        {
            if (index != (byte)(last + 1)) return false;
            _state = State.BaseOnly;
            return true;
        }
        if (!info.IsLayerSync || index != last) return false;
        _state = State.Intact;
        return true;
    }
}
