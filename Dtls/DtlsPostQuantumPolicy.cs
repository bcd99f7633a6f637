namespace WebRtcStack.Dtls;

/// <summary>Whether the key exchange resists an attacker who records now and has a quantum computer later.</summary>
public enum DtlsPostQuantumPolicy
{
    /// <summary>X25519MLKEM768 is negotiated where the peer has it; in DTLS 1.3 only.</summary>
    Prefer,

    /// <summary>Classical groups only: the handshake fits into smaller and fewer datagrams.</summary>
    Off,

    /// <summary>X25519MLKEM768 or no connection; DTLS 1.2, which lacks it, is then not negotiated.</summary>
    Require,
}
