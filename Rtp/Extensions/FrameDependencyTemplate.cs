using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>How a frame relates to a decode target (AV1 RTP Appendix A, table A.1).</summary>
public enum DecodeTargetIndication : byte
{
    /// <summary>The target does not have the frame: '-'.</summary>
    NotPresent = 0,

    /// <summary>No later frame of the target refers to it: 'D'.</summary>
    Discardable = 1,

    /// <summary>When it can be decoded, so can all later frames of the target: 'S'.</summary>
    Switch = 2,

    /// <summary>The target needs it: 'R'.</summary>
    Required = 3,
}

/// <summary>What many frames have in common: layer, decode targets, the frames that they refer to and the chains (AV1 RTP §A.8.1).</summary>
public readonly record struct FrameDependencyTemplate
{
    /// <summary>The most frames that a template refers to; the syntax sets no limit, AV1 itself stops at seven.</summary>
    public const int MaxDifferences = 16;

    // Four bits each, the first one lowest: differences minus one, and chain differences in two words.
    private readonly ulong _differences, _lowChains, _highChains;

    internal FrameDependencyTemplate(byte spatialId, byte temporalId) => (SpatialId, TemporalId) = (spatialId, temporalId);

    /// <summary>Describes a template in the manner of the tables in §A.10.2.</summary>
    /// <param name="spatialId">The spatial layer, 0 to 3.</param>
    /// <param name="temporalId">The temporal layer, 0 to 7.</param>
    /// <param name="indications">A letter for each decode target: '-', 'D', 'S' or 'R'; up to 32.</param>
    /// <param name="differences">How many frames back each frame lies that it refers to: 1 to 16; up to 16 of them.</param>
    /// <param name="chains">For each chain how many frames back its previous frame lies, 0 to 15; up to 32.</param>
    /// <exception cref="ArgumentException">A letter is none of these.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number lies outside its range.</exception>
    public FrameDependencyTemplate(int spatialId, int temporalId, string indications, ReadOnlySpan<int> differences, ReadOnlySpan<int> chains)
        : this((byte)Require.InRange(spatialId, 0, FrameDependencyStructure.MaxSpatialId), (byte)Require.InRange(temporalId, 0, FrameDependencyStructure.MaxTemporalId))
    {
        Require.InRange(Require.NotNull(indications).Length, 1, FrameDependencyStructure.MaxDecodeTargets, nameof(indications));
        Require.InRange(differences.Length, 0, MaxDifferences, nameof(differences));
        Require.InRange(chains.Length, 0, FrameDependencyStructure.MaxDecodeTargets, nameof(chains));
        for (int i = 0; i < indications.Length; i++)
        {
            int value = "-DSR".IndexOf(indications[i], StringComparison.Ordinal);
            if (value < 0) throw new ArgumentException("A decode target indication is one of '-', 'D', 'S' and 'R'.", nameof(indications));
            Indications |= (ulong)value << (i * 2);
        }
        DifferenceCount = (byte)differences.Length;
        for (int i = 0; i < differences.Length; i++) _differences |= (ulong)(Require.InRange(differences[i], 1, 16, nameof(differences)) - 1) << (i * 4);
        for (int i = 0; i < chains.Length; i++)
        {
            ulong chain = (ulong)Require.InRange(chains[i], 0, 15, nameof(chains)) << ((i & 15) * 4);
            if (i < 16) _lowChains |= chain;
            else _highChains |= chain;
        }
    }

    /// <summary>The spatial layer.</summary>
    public byte SpatialId { get; }

    /// <summary>The temporal layer.</summary>
    public byte TemporalId { get; }

    /// <summary>The indications of all decode targets, two bits each, target 0 lowest.</summary>
    internal ulong Indications { get; init; }

    /// <summary>How many frames it refers to.</summary>
    internal byte DifferenceCount { get; init; }

    internal ulong Differences { get => _differences; init => _differences = value; }

    internal ulong LowChains { get => _lowChains; init => _lowChains = value; }

    internal ulong HighChains { get => _highChains; init => _highChains = value; }

    internal int GetDifference(int index) => (int)(_differences >> (index * 4) & 15) + 1;

    internal int GetChain(int index) => (int)((index < 16 ? _lowChains : _highChains) >> ((index & 15) * 4) & 15);
}
