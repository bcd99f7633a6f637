using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What a packet says about its frame: number, layer, who needs it, what it needs (AV1 RTP Appendix A).</summary>
/// <remarks>An object to be used again for each packet: reading fills it, writing takes it. Reading and writing need the stream's structure: see <see cref="DependencyDescriptorReader"/> and <see cref="DependencyDescriptorWriter"/>.</remarks>
public sealed class DependencyDescriptor
{
    /// <summary>The most frames that a frame refers to; the syntax sets no limit, AV1 itself stops at seven.</summary>
    public const int MaxDifferences = 32;

    private readonly ushort[] _differences = new ushort[MaxDifferences];
    private readonly byte[] _chains = new byte[FrameDependencyStructure.MaxDecodeTargets];
    private int _differenceCount, _chainCount;

    /// <summary>Whether the packet is the first of its frame.</summary>
    public bool IsFrameStart { get; set; }

    /// <summary>Whether the packet is the last of its frame.</summary>
    public bool IsFrameEnd { get; set; }

    /// <summary>The frame's number in decoding order, modulo 65536.</summary>
    public ushort FrameNumber { get; set; }

    /// <summary>The spatial layer.</summary>
    public int SpatialId { get; set; }

    /// <summary>The temporal layer.</summary>
    public int TemporalId { get; set; }

    /// <summary>The structure, on packets that carry one; it is written where it is set.</summary>
    public FrameDependencyStructure? Structure { get; set; }

    /// <summary>The decode targets that are sent from here on, bit 0 for target 0, on packets that say so; else null.</summary>
    public uint? ActiveDecodeTargets { get; set; }

    /// <summary>How many frames back each frame lies that this one refers to, 1 to 4096.</summary>
    public ReadOnlySpan<ushort> Differences => _differences.AsSpan(0, _differenceCount);

    /// <summary>For each chain how many frames back its previous frame lies; 0 when it starts here.</summary>
    public ReadOnlySpan<byte> Chains => _chains.AsSpan(0, _chainCount);

    internal ulong Indications { get; set; }

    /// <summary>How the frame relates to a decode target.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="decodeTarget"/> is not from 0 to 31.</exception>
    public DecodeTargetIndication GetIndication(int decodeTarget) =>
        (DecodeTargetIndication)(Indications >> (Require.InRange(decodeTarget, 0, FrameDependencyStructure.MaxDecodeTargets - 1) * 2) & 3);

    /// <summary>Sets how the frame relates to a decode target.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="decodeTarget"/> is not from 0 to 31.</exception>
    public void SetIndication(int decodeTarget, DecodeTargetIndication indication)
    {
        int shift = Require.InRange(decodeTarget, 0, FrameDependencyStructure.MaxDecodeTargets - 1) * 2;
        Indications = Indications & ~(3UL << shift) | (ulong)indication << shift;
    }

    /// <summary>Sets the frames that this one refers to.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more than 32, or one is not from 1 to 4096.</exception>
    public void SetDifferences(ReadOnlySpan<ushort> differences)
    {
        _differenceCount = Require.InRange(differences.Length, 0, MaxDifferences, nameof(differences));
        for (int i = 0; i < differences.Length; i++) _differences[i] = Require.InRange<ushort>(differences[i], 1, 4096, nameof(differences));
    }

    /// <summary>Sets the chains' previous frames.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more than 32.</exception>
    public void SetChains(ReadOnlySpan<byte> chains)
    {
        _chainCount = Require.InRange(chains.Length, 0, FrameDependencyStructure.MaxDecodeTargets, nameof(chains));
        chains.CopyTo(_chains);
    }

    /// <summary>Takes layer, decode targets, differences and chains from a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="chainCount">How many chains its structure has.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="chainCount"/> is not from 0 to 32.</exception>
    public void SetTemplate(in FrameDependencyTemplate template, int chainCount)
    {
        (SpatialId, TemporalId, Indications) = (template.SpatialId, template.TemporalId, template.Indications);
        _differenceCount = template.DifferenceCount;
        for (int i = 0; i < _differenceCount; i++) _differences[i] = (ushort)template.GetDifference(i);
        _chainCount = Require.InRange(chainCount, 0, FrameDependencyStructure.MaxDecodeTargets);
        for (int i = 0; i < _chainCount; i++) _chains[i] = (byte)template.GetChain(i);
    }

    internal bool HasDifferencesOf(in FrameDependencyTemplate template)
    {
        if (template.DifferenceCount != _differenceCount) return false;
        for (int i = 0; i < _differenceCount; i++)
        {
            if (template.GetDifference(i) != _differences[i]) return false;
        }
        return true;
    }

    internal bool HasChainsOf(in FrameDependencyTemplate template)
    {
        for (int i = 0; i < _chainCount; i++)
        {
            if (template.GetChain(i) != _chains[i]) return false;
        }
        return true;
    }

    // frame_fdiffs() of §A.8.2.
    internal bool TryReadDifferences(ref BitReader reader)
    {
        _differenceCount = 0;
        for (uint size = reader.Read(2); size != 0; size = reader.Read(2))
        {
            if (_differenceCount == MaxDifferences) return false;
            _differences[_differenceCount++] = (ushort)(reader.Read((int)size * 4) + 1);
        }
        return !reader.Overran;
    }

    internal void WriteDifferences(ref BitWriter writer)
    {
        foreach (ushort difference in Differences)
        {
            int value = difference - 1;
            int size = value < 16 ? 1 : value < 256 ? 2 : 3;
            writer.Write(2, (uint)size);
            writer.Write(size * 4, (uint)value);
        }
        writer.Write(2, 0);
    }

    internal void ReadChains(ref BitReader reader, int count)
    {
        _chainCount = count;
        for (int i = 0; i < count; i++) _chains[i] = (byte)reader.Read(8);
    }
}
