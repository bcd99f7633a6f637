namespace WebRtcStack.Rtp;

/// <summary>Reads the dependency descriptors of one stream; it keeps the structure that their templates belong to (AV1 RTP §A.8.2).</summary>
/// <remarks>Allocates two structures, 6 KiB, when it is made, and nothing after.</remarks>
public sealed class DependencyDescriptorReader
{
    private readonly FrameDependencyStructure[] _both = [new(), new()];  // one in force, one to read the next into
    private int _spare;

    /// <summary>The structure in force, or null before the first.</summary>
    public FrameDependencyStructure? Structure { get; private set; }

    /// <summary>The decode targets that the sender makes at present, bit 0 for target 0 (§A.4).</summary>
    public uint ActiveDecodeTargets { get; private set; }

    /// <summary>Reads an element. False when it is malformed, or belongs to a structure that has not been seen; nothing has changed then but <paramref name="descriptor"/>.</summary>
    public bool TryRead(ReadOnlySpan<byte> source, DependencyDescriptor descriptor)
    {
        Core.Require.NotNull(descriptor);
        BitReader reader = new(source);
        descriptor.IsFrameStart = reader.ReadFlag();
        descriptor.IsFrameEnd = reader.ReadFlag();
        int templateId = (int)reader.Read(6);
        descriptor.FrameNumber = (ushort)reader.Read(16);
        (descriptor.Structure, descriptor.ActiveDecodeTargets) = (null, null);
        if (reader.Overran) return false;

        bool hasStructure = false, hasActive = false, hasIndications = false, hasDifferences = false, hasChains = false;
        if (source.Length > 3)
        {
            hasStructure = reader.ReadFlag();
            hasActive = reader.ReadFlag();
            hasIndications = reader.ReadFlag();
            hasDifferences = reader.ReadFlag();
            hasChains = reader.ReadFlag();
        }
        FrameDependencyStructure? structure = Structure;
        if (hasStructure)
        {
            structure = _both[_spare];
            if (!structure.TryRead(ref reader)) return false;
        }
        if (structure is null) return false;
        uint active = hasStructure ? structure.AllDecodeTargets : ActiveDecodeTargets;
        if (hasActive) active = reader.Read(structure.DecodeTargetCount);

        int index = (templateId + FrameDependencyStructure.MaxTemplates - structure.TemplateIdOffset) % FrameDependencyStructure.MaxTemplates;
        if (index >= structure.Templates.Length) return false;            // a structure was lost on the way
        descriptor.SetTemplate(structure.Templates[index], structure.ChainCount);
        if (hasIndications) descriptor.Indications = FrameDependencyStructure.ReadIndications(ref reader, structure.DecodeTargetCount);
        if (hasDifferences && !descriptor.TryReadDifferences(ref reader)) return false;
        if (hasChains) descriptor.ReadChains(ref reader, structure.ChainCount);
        if (reader.Overran) return false;

        if (hasStructure)
        {
            _spare ^= 1;
            (Structure, descriptor.Structure) = (structure, structure);
        }
        ActiveDecodeTargets = active;
        if (hasActive) descriptor.ActiveDecodeTargets = active;
        return true;
    }
}
