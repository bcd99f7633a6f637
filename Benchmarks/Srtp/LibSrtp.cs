using System.Runtime.InteropServices;
using WebRtcStack.Srtp;

namespace WebRtcStack.Benchmarks.Srtp;

/// <summary>One direction of libsrtp2, through its public functions.</summary>
internal sealed unsafe partial class LibSrtp
{
    private const string Library = "libsrtp2.so.1";
    private const int AnyInbound = 2;
    private const int AnyOutbound = 3;
    private readonly nint _context;

    public LibSrtp(SrtpProfile profile, byte[] keyAndSalt, bool outbound, int window)
    {
        _ = Init();
        Policy policy = new() { SsrcType = outbound ? AnyOutbound : AnyInbound, Window = (nuint)window };
        Action<nint> set = profile switch
        {
            SrtpProfile.Aes128CmHmacSha1_80 => SetCounterMode80,
            SrtpProfile.Aes128CmHmacSha1_32 => SetCounterMode32,
            SrtpProfile.AeadAes128Gcm => SetGcm128,
            _ => SetGcm256,
        };
        set((nint)policy.Rtp);
        (profile == SrtpProfile.Aes128CmHmacSha1_32 ? SetCounterMode80 : set)((nint)policy.Rtcp);
        fixed (byte* key = keyAndSalt)
        {
            policy.Key = key;
            int error = Create(out _context, ref policy);
            if (error != 0) throw new InvalidOperationException($"libsrtp2 says {error}.");
        }
    }

    public static bool IsAvailable => NativeLibrary.TryLoad(Library, out _);

    public bool Protect(byte* packet, ref int length) => Protect(_context, packet, ref length) == 0;

    public bool Unprotect(byte* packet, ref int length) => Unprotect(_context, packet, ref length) == 0;

    [LibraryImport(Library, EntryPoint = "srtp_init")]
    private static partial int Init();

    [LibraryImport(Library, EntryPoint = "srtp_create")]
    private static partial int Create(out nint context, ref Policy policy);

    [LibraryImport(Library, EntryPoint = "srtp_protect")]
    private static partial int Protect(nint context, byte* packet, ref int length);

    [LibraryImport(Library, EntryPoint = "srtp_unprotect")]
    private static partial int Unprotect(nint context, byte* packet, ref int length);

    [LibraryImport(Library, EntryPoint = "srtp_crypto_policy_set_rtp_default")]
    private static partial void SetCounterMode80(nint policy);

    [LibraryImport(Library, EntryPoint = "srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32")]
    private static partial void SetCounterMode32(nint policy);

    [LibraryImport(Library, EntryPoint = "srtp_crypto_policy_set_aes_gcm_128_16_auth")]
    private static partial void SetGcm128(nint policy);

    [LibraryImport(Library, EntryPoint = "srtp_crypto_policy_set_aes_gcm_256_16_auth")]
    private static partial void SetGcm256(nint policy);

    /// <summary>srtp_policy_t of srtp2/srtp.h, with room for two srtp_crypto_policy_t of six ints each.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Policy
    {
        public int SsrcType;
        public uint Ssrc;
        public fixed int RtpPolicy[6];
        public fixed int RtcpPolicy[6];
        public byte* Key;
        public nint Keys;
        public nuint KeyCount;
        public nint Ekt;
        public nuint Window;
        public int AllowRepeat;
        public nint EncryptedExtensions;
        public int EncryptedExtensionCount;
        public nint Next;

        public int* Rtp => (int*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref RtpPolicy[0]);

        public int* Rtcp => (int*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref RtcpPolicy[0]);
    }
}
