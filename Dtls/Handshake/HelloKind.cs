namespace WebRtcStack.Dtls;

/// <summary>The messages that carry hello extensions; some look different in each.</summary>
internal enum HelloKind
{
    ClientHello,
    ServerHello,
    HelloRetryRequest,
    EncryptedExtensions,
}
