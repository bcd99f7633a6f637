using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A description of background noise while nothing is sent (RFC 3389 §3): its level, and what shapes its spectrum.</summary>
public readonly record struct ComfortNoise
{
    /// <summary>The most reflection coefficients; RFC 3389 sets no limit, its example codec uses ten.</summary>
    public const int MaxCoefficients = 24;

    /// <summary>The noise's level in -dBov: 0 is the loudest, 127 silence.</summary>
    public byte Level { get; init; }

    /// <summary>How many reflection coefficients follow.</summary>
    public int CoefficientCount { get; private init; }

    /// <summary>Reads a payload. False when it is empty. Coefficients beyond 24 are ignored, as §3.2 allows a receiver to cut the model's order.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="noise">Its level and the number of its coefficients.</param>
    /// <param name="coefficients">Room for the quantized coefficients N_i, or empty; k_i = 258 * (N_i - 127) / 32768 (§3.2).</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ComfortNoise noise, Span<byte> coefficients = default)
    {
        noise = default;
        if (payload.IsEmpty) return false;
        int count = Math.Min(payload.Length - 1, MaxCoefficients);
        noise = new ComfortNoise { Level = (byte)(payload[0] & 0x7F), CoefficientCount = count };
        payload.Slice(1, Math.Min(count, coefficients.Length)).CopyTo(coefficients);
        return true;
    }

    /// <summary>Writes a payload.</summary>
    /// <param name="destination">Where it goes.</param>
    /// <param name="level">The noise's level in -dBov, 0 to 127.</param>
    /// <param name="coefficients">Up to 24 quantized reflection coefficients.</param>
    /// <returns>Bytes written; 0 when it does not fit.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value lies outside its range.</exception>
    public static int Write(Span<byte> destination, byte level, ReadOnlySpan<byte> coefficients = default)
    {
        Require.InRange(level, (byte)0, (byte)127);
        Require.InRange(coefficients.Length, 0, MaxCoefficients, nameof(coefficients));
        if (destination.Length < 1 + coefficients.Length) return 0;
        destination[0] = level;
        coefficients.CopyTo(destination[1..]);
        return 1 + coefficients.Length;
    }

    /// <summary>A coefficient's value from its quantized form: k_i = 258 * (N_i - 127) / 32768 (§3.2).</summary>
    public static double Dequantize(byte coefficient) => 258.0 * (coefficient - 127) / 32768;

    /// <summary>A coefficient's quantized form: N_i = 127 * (1 + k_i), rounded (§3.2).</summary>
    public static byte Quantize(double coefficient) => (byte)Math.Round(127 * (1 + Math.Max(-1, Math.Min(1, coefficient))));
}
