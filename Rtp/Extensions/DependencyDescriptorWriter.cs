namespace WebRtcStack.Rtp;

/// <summary>Writes the dependency descriptors of one stream; it keeps the structure that was last written (AV1 RTP §A.8.2).</summary>
public sealed class DependencyDescriptorWriter
{
    /// <summary>The structure in force, or null before the first.</summary>
    public FrameDependencyStructure? Structure { get; private set; }

    /// <summary>Writes an element; what the best template says already is left out.</summary>
    /// <returns>Bytes written; 0 when it does not fit (up to 255 bytes with a two-byte header).</returns>
    /// <exception cref="InvalidOperationException">No structure has been written yet and the descriptor has none, or no template has its layer.</exception>
    public int Write(Span<byte> destination, DependencyDescriptor descriptor)
    {
        FrameDependencyStructure structure = Core.Require.NotNull(descriptor).Structure ?? Structure ??
            throw new InvalidOperationException("Templates are not known yet: give the first descriptor its Structure.");
        int index = FindTemplate(structure, descriptor);
        FrameDependencyTemplate template = structure.Templates[index];
        ulong targets = descriptor.Indications & (structure.DecodeTargetCount == 32 ? ulong.MaxValue : (1UL << (structure.DecodeTargetCount * 2)) - 1);
        bool hasIndications = targets != template.Indications;
        bool hasDifferences = !descriptor.HasDifferencesOf(template);
        bool hasChains = !descriptor.HasChainsOf(template);

        BitWriter writer = new(destination);
        writer.WriteFlag(descriptor.IsFrameStart);
        writer.WriteFlag(descriptor.IsFrameEnd);
        writer.Write(6, (uint)(index + structure.TemplateIdOffset) % FrameDependencyStructure.MaxTemplates);
        writer.Write(16, descriptor.FrameNumber);
        if (descriptor.Structure is not null || descriptor.ActiveDecodeTargets is not null || hasIndications || hasDifferences || hasChains)
        {
            writer.WriteFlag(descriptor.Structure is not null);
            writer.WriteFlag(descriptor.ActiveDecodeTargets is not null);
            writer.WriteFlag(hasIndications);
            writer.WriteFlag(hasDifferences);
            writer.WriteFlag(hasChains);
            descriptor.Structure?.Write(ref writer);
            if (descriptor.ActiveDecodeTargets is { } active) writer.Write(structure.DecodeTargetCount, active);
            if (hasIndications) FrameDependencyStructure.WriteIndications(ref writer, targets, structure.DecodeTargetCount);
            if (hasDifferences) descriptor.WriteDifferences(ref writer);
            for (int i = 0; hasChains && i < structure.ChainCount; i++) writer.Write(8, i < descriptor.Chains.Length ? descriptor.Chains[i] : 0u);
        }
        if (writer.Overflowed) return 0;
        Structure = structure;
        return writer.Length;
    }

    // The template of the frame's layer that leaves the least to say.
    private static int FindTemplate(FrameDependencyStructure structure, DependencyDescriptor descriptor)
    {
        int best = -1, bestScore = -1;
        for (int i = 0; i < structure.Templates.Length; i++)
        {
            ref readonly FrameDependencyTemplate template = ref structure.Templates[i];
            if (template.SpatialId != descriptor.SpatialId || template.TemporalId != descriptor.TemporalId) continue;
            int score = (template.Indications == descriptor.Indications ? 4 : 0) + (descriptor.HasDifferencesOf(template) ? 1 : 0) +
                (descriptor.HasChainsOf(template) ? 2 : 0);
            if (score > bestScore) (best, bestScore) = (i, score);
        }
        return best >= 0 ? best : throw new InvalidOperationException($"No template has spatial layer {descriptor.SpatialId} and temporal layer {descriptor.TemporalId}.");
    }
}
