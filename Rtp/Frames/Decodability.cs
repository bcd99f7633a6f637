namespace WebRtcStack.Rtp;

/// <summary>
/// Whether a frame can be decoded after what was lost before it: at key frames, where the dependency descriptor says that it needs
/// nothing that was lost, and by TL0PICIDX where lower temporal layers are intact.
/// </summary>
internal sealed class Decodability
{
    private readonly DecodedFrames _decoded = new();
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

    /// <summary>Whether a picture can be decoded. It counts as decoded then.</summary>
    /// <param name="isKeyFrame">Whether it is a key frame.</param>
    /// <param name="ring">Where its packets are.</param>
    /// <param name="start">The first of them.</param>
    /// <param name="end">Behind the last of them.</param>
    public bool TryTake(bool isKeyFrame, PacketRing ring, long start, long end)
    {
        ref PacketSlot first = ref ring.At(start);
        if (isKeyFrame)
        {
            _state = State.Intact;
            _decoded.Clear();
        }
        else if (_state != State.Intact && !HasReferences(ring, start, end) && !TryMend(first.Info))
        {
            return false;
        }
        if (first.Info.BaseLayerIndex is not null) _baseLayer = first.Info.BaseLayerIndex;
        for (long sequence = start; sequence < end; sequence++)
        {
            if (ring.Has(sequence) && ring.At(sequence).Hints.Dependencies is { IsFrameStart: true } frame) _decoded.Add(frame.FrameNumber);
        }
        return true;
    }

    // A picture has a frame for each spatial layer; what they need of each other is there, since the picture is whole.
    private bool HasReferences(PacketRing ring, long start, long end)
    {
        if (ring.At(start).Hints.Dependencies is not { } lowest) return false;
        for (long sequence = start; sequence < end; sequence++)
        {
            if (!ring.Has(sequence) || ring.At(sequence).IsPadding) continue;
            if (ring.At(sequence).Hints.Dependencies is not { } frame) return false;
            for (int i = 0; frame.IsFrameStart && i < frame.ReferenceCount; i++)
            {
                ushort reference = frame.GetReference(i);
                if (!_decoded.Contains(reference) && Core.SerialNumber.IsLess(reference, lowest.FrameNumber)) return false;
            }
        }
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
