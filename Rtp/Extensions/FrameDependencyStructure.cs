using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The templates of a coded video sequence, and which chain protects which decode target (AV1 RTP §A.8.2, template_dependency_structure).</summary>
/// <remarks>About 3 KiB. One that a reader hands out is overwritten when the stream brings another.</remarks>
public sealed class FrameDependencyStructure
{
    /// <summary>The most templates (next_layer_idc lists them; ids have six bits).</summary>
    public const int MaxTemplates = 64;

    /// <summary>The most decode targets (dt_cnt_minus_one has five bits).</summary>
    public const int MaxDecodeTargets = 32;

    internal const int MaxSpatialId = 3;                                  // AV1: spatial_id has two bits
    internal const int MaxTemporalId = 7;                                 // AV1: temporal_id has three bits
    private readonly FrameDependencyTemplate[] _templates = new FrameDependencyTemplate[MaxTemplates];
    private readonly byte[] _protectedBy = new byte[MaxDecodeTargets];
    private readonly (int Width, int Height)[] _resolutions = new (int, int)[MaxSpatialId + 1];

    internal FrameDependencyStructure()
    {
    }

    /// <summary>Describes a structure, to be written.</summary>
    /// <param name="templateIdOffset">The id of the first template, 0 to 63; a new structure should not overlap the one before.</param>
    /// <param name="decodeTargetCount">How many decode targets there are, 1 to 32.</param>
    /// <param name="templates">The templates by layer: each has the layer of the one before, or the next temporal layer, or temporal layer 0 of the next spatial one.</param>
    /// <param name="protectedBy">For each decode target the chain that protects it; empty without chains.</param>
    /// <param name="resolutions">For each spatial layer its greatest size in pixels, 1 to 65536; empty when unknown.</param>
    /// <exception cref="ArgumentException">The templates are not in order, or counts do not match.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number lies outside its range.</exception>
    public FrameDependencyStructure(int templateIdOffset, int decodeTargetCount, ReadOnlySpan<FrameDependencyTemplate> templates,
        ReadOnlySpan<byte> protectedBy = default, ReadOnlySpan<(int Width, int Height)> resolutions = default)
    {
        TemplateIdOffset = Require.InRange(templateIdOffset, 0, MaxTemplates - 1);
        DecodeTargetCount = Require.InRange(decodeTargetCount, 1, MaxDecodeTargets);
        TemplateCount = Require.InRange(templates.Length, 1, MaxTemplates, nameof(templates));
        for (int i = 0; i < templates.Length; i++)
        {
            if (NextLayer(i == 0 ? default : templates[i - 1], templates[i]) < 0 || (i == 0 && templates[0] is not { SpatialId: 0, TemporalId: 0 }))
                throw new ArgumentException("Templates start at layer 0 and go on to the same, the next temporal or the next spatial layer.", nameof(templates));
            _templates[i] = templates[i];
            SpatialLayerCount = templates[i].SpatialId + 1;
        }
        if (!protectedBy.IsEmpty && protectedBy.Length != decodeTargetCount) throw new ArgumentException("Each decode target names its chain.", nameof(protectedBy));
        foreach (byte chain in protectedBy) ChainCount = Math.Max(ChainCount, Require.InRange<byte>(chain, 0, MaxDecodeTargets - 1, nameof(protectedBy)) + 1);
        protectedBy.CopyTo(_protectedBy);
        if (ChainCount > DecodeTargetCount) throw new ArgumentException("There are at most as many chains as decode targets.", nameof(protectedBy));
        if (!resolutions.IsEmpty && resolutions.Length != SpatialLayerCount) throw new ArgumentException("Each spatial layer has a resolution, or none.", nameof(resolutions));
        foreach ((int width, int height) in resolutions)
        {
            Require.InRange(width, 1, 65536, nameof(resolutions));
            Require.InRange(height, 1, 65536, nameof(resolutions));
        }
        resolutions.CopyTo(_resolutions);
        HasResolutions = !resolutions.IsEmpty;
    }

    /// <summary>The id of the first template.</summary>
    public int TemplateIdOffset { get; private set; }

    /// <summary>How many decode targets there are.</summary>
    public int DecodeTargetCount { get; private set; }

    /// <summary>How many chains there are; 0 when the structure uses none.</summary>
    public int ChainCount { get; private set; }

    /// <summary>How many spatial layers there are.</summary>
    public int SpatialLayerCount { get; private set; }

    /// <summary>Whether the sizes of the spatial layers are known.</summary>
    public bool HasResolutions { get; private set; }

    /// <summary>The templates.</summary>
    public ReadOnlySpan<FrameDependencyTemplate> Templates => _templates.AsSpan(0, TemplateCount);

    /// <summary>For each decode target the chain that protects it; empty without chains.</summary>
    public ReadOnlySpan<byte> ProtectedBy => _protectedBy.AsSpan(0, ChainCount == 0 ? 0 : DecodeTargetCount);

    /// <summary>For each spatial layer its greatest size in pixels; empty when unknown.</summary>
    public ReadOnlySpan<(int Width, int Height)> Resolutions => _resolutions.AsSpan(0, HasResolutions ? SpatialLayerCount : 0);

    /// <summary>The bits of all decode targets.</summary>
    public uint AllDecodeTargets => uint.MaxValue >> (MaxDecodeTargets - DecodeTargetCount);

    private int TemplateCount { get; set; }

    /// <summary>The highest layers of a decode target (§A.8.2, decode_target_layers).</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such target.</exception>
    public (int SpatialId, int TemporalId) GetDecodeTargetLayers(int decodeTarget)
    {
        Require.InRange(decodeTarget, 0, DecodeTargetCount - 1);
        int spatial = 0, temporal = 0;
        foreach (FrameDependencyTemplate template in Templates)
        {
            if ((template.Indications >> (decodeTarget * 2) & 3) == 0) continue;
            spatial = Math.Max(spatial, template.SpatialId);
            temporal = Math.Max(temporal, template.TemporalId);
        }
        return (spatial, temporal);
    }

    /// <summary>Reads a structure over what was there before. False when it is cut off or breaks a limit; it is then not to be used.</summary>
    internal bool TryRead(ref BitReader reader)
    {
        TemplateIdOffset = (int)reader.Read(6);
        DecodeTargetCount = (int)reader.Read(5) + 1;
        return TryReadLayers(ref reader) && TryReadTemplates(ref reader);
    }

    internal void Write(ref BitWriter writer)
    {
        writer.Write(6, (uint)TemplateIdOffset);
        writer.Write(5, (uint)DecodeTargetCount - 1);
        for (int i = 1; i < TemplateCount; i++) writer.Write(2, (uint)NextLayer(_templates[i - 1], _templates[i]));
        writer.Write(2, 3);
        foreach (FrameDependencyTemplate template in Templates) WriteIndications(ref writer, template.Indications, DecodeTargetCount);
        foreach (FrameDependencyTemplate template in Templates)
        {
            for (int i = 0; i < template.DifferenceCount; i++) writer.Write(5, 0x10u | (uint)(template.GetDifference(i) - 1));
            writer.WriteFlag(false);
        }
        WriteChains(ref writer);
        writer.WriteFlag(HasResolutions);
        foreach ((int width, int height) in Resolutions)
        {
            writer.Write(16, (uint)width - 1);
            writer.Write(16, (uint)height - 1);
        }
    }

    internal static ulong ReadIndications(ref BitReader reader, int count)
    {
        ulong indications = 0;
        for (int i = 0; i < count; i++) indications |= (ulong)reader.Read(2) << (i * 2);
        return indications;
    }

    internal static void WriteIndications(ref BitWriter writer, ulong indications, int count)
    {
        for (int i = 0; i < count; i++) writer.Write(2, (uint)(indications >> (i * 2) & 3));
    }

    // next_layer_idc of table A.2; -1 when the step is not one of them.
    private static int NextLayer(in FrameDependencyTemplate from, in FrameDependencyTemplate to)
    {
        if (to.SpatialId == from.SpatialId && to.TemporalId == from.TemporalId) return 0;
        if (to.SpatialId == from.SpatialId && to.TemporalId == from.TemporalId + 1) return 1;
        return to.SpatialId == from.SpatialId + 1 && to.TemporalId == 0 ? 2 : -1;
    }

    private bool TryReadLayers(ref BitReader reader)
    {
        byte spatial = 0, temporal = 0;
        for (TemplateCount = 0; TemplateCount < MaxTemplates;)
        {
            _templates[TemplateCount++] = new FrameDependencyTemplate(spatial, temporal);
            switch (reader.Read(2))
            {
                case 1:
                    temporal++;
                    break;
                case 2:
                    (spatial, temporal) = ((byte)(spatial + 1), 0);
                    break;
                case 3:
                    SpatialLayerCount = spatial + 1;
                    return !reader.Overran;
            }
            if (spatial > MaxSpatialId || temporal > MaxTemporalId || reader.Overran) return false;
        }
        return false;
    }

    private bool TryReadTemplates(ref BitReader reader)
    {
        Span<FrameDependencyTemplate> templates = _templates.AsSpan(0, TemplateCount);
        foreach (ref FrameDependencyTemplate template in templates)
            template = template with { Indications = ReadIndications(ref reader, DecodeTargetCount) };
        foreach (ref FrameDependencyTemplate template in templates)
        {
            ulong differences = 0;
            byte count = 0;
            while (reader.ReadFlag())
            {
                if (count == FrameDependencyTemplate.MaxDifferences) return false;
                differences |= (ulong)reader.Read(4) << (count++ * 4);
            }
            template = template with { Differences = differences, DifferenceCount = count };
        }
        ReadChains(ref reader, templates);
        HasResolutions = reader.ReadFlag();
        for (int i = 0; HasResolutions && i < SpatialLayerCount; i++)
            _resolutions[i] = ((int)reader.Read(16) + 1, (int)reader.Read(16) + 1);
        return !reader.Overran;
    }

    private void ReadChains(ref BitReader reader, Span<FrameDependencyTemplate> templates)
    {
        ChainCount = (int)reader.ReadNonSymmetric((uint)DecodeTargetCount + 1);
        if (ChainCount == 0) return;
        for (int i = 0; i < DecodeTargetCount; i++) _protectedBy[i] = (byte)reader.ReadNonSymmetric((uint)ChainCount);
        foreach (ref FrameDependencyTemplate template in templates)
        {
            ulong low = 0, high = 0;
            for (int i = 0; i < ChainCount; i++)
            {
                ulong chain = (ulong)reader.Read(4) << ((i & 15) * 4);
                if (i < 16) low |= chain;
                else high |= chain;
            }
            template = template with { LowChains = low, HighChains = high };
        }
    }

    private void WriteChains(ref BitWriter writer)
    {
        writer.WriteNonSymmetric((uint)DecodeTargetCount + 1, (uint)ChainCount);
        foreach (byte chain in ProtectedBy) writer.WriteNonSymmetric((uint)ChainCount, chain);
        foreach (FrameDependencyTemplate template in Templates)
        {
            for (int i = 0; i < ChainCount; i++) writer.Write(4, (uint)template.GetChain(i));
        }
    }
}
