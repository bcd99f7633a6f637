namespace WebRtcStack.Rtp;

/// <summary>Which frames of a stream with dependency descriptors a receiver gets: those of one decode target, and when it may get another's (AV1 RTP §A.4).</summary>
/// <remarks>
/// Another target is taken up at a frame that is a switch for it, when all frames that this one refers to have been forwarded: after
/// that nothing of the target can lack anything. Key pictures are such frames for all targets.
/// </remarks>
internal sealed class DecodeTargetSelector
{
    private const int None = -1;
    private readonly (byte Spatial, byte Temporal)[] _layers = new (byte, byte)[FrameDependencyStructure.MaxDecodeTargets];
    private readonly DecodedFrames _forwarded = new();
    private int _targets, _current = None;
    private uint _active;

    /// <summary>The layers of the target that is forwarded.</summary>
    public (int SpatialId, int TemporalId) Layers => _current == None ? default : (_layers[_current].Spatial, _layers[_current].Temporal);

    /// <summary>Decides on a packet.</summary>
    /// <param name="descriptor">Its descriptor.</param>
    /// <param name="wanted">The target that is wanted, or null for the best one within the limits.</param>
    /// <param name="maxSpatialId">The highest spatial layer that is wanted.</param>
    /// <param name="maxTemporalId">The highest temporal layer that is wanted.</param>
    public bool Wants(DependencyDescriptor descriptor, int? wanted, int maxSpatialId, int maxTemporalId)
    {
        if (descriptor.Structure is { } structure && descriptor.IsFrameStart) Restart(structure);
        if (descriptor.ActiveDecodeTargets is { } active) _active = active;
        int target = wanted ?? Best(maxSpatialId, maxTemporalId);
        bool isSwitch = descriptor.IsFrameStart && target != _current && target < _targets && target != None &&
            descriptor.GetIndication(target) == DecodeTargetIndication.Switch && HasReferences(descriptor);
        if (isSwitch) _current = target;
        if (_current == None || descriptor.GetIndication(_current) == DecodeTargetIndication.NotPresent) return false;
        if (descriptor.IsFrameStart) _forwarded.Add(descriptor.FrameNumber);
        return true;
    }

    private void Restart(FrameDependencyStructure structure)
    {
        _targets = structure.DecodeTargetCount;
        for (int i = 0; i < _targets; i++)
        {
            (int spatial, int temporal) = structure.GetDecodeTargetLayers(i);
            _layers[i] = ((byte)spatial, (byte)temporal);
        }
        (_current, _active) = (None, structure.AllDecodeTargets);
        _forwarded.Clear();
    }

    // The best of those that the sender makes; spatial layers count for more than temporal ones.
    private int Best(int maxSpatialId, int maxTemporalId)
    {
        int best = None;
        for (int i = 0; i < _targets; i++)
        {
            if ((_active >> i & 1) == 0 || _layers[i].Spatial > maxSpatialId || _layers[i].Temporal > maxTemporalId) continue;
            if (best == None || _layers[i].CompareTo(_layers[best]) > 0) best = i;
        }
        return best;
    }

    private bool HasReferences(DependencyDescriptor descriptor)
    {
        foreach (ushort distance in descriptor.Differences)
        {
            if (!_forwarded.Contains((ushort)(descriptor.FrameNumber - distance))) return false;
        }
        return true;
    }
}
