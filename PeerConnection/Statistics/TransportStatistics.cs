using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>Statistics of one transport, its candidates, pairs and certificates, on the loop.</summary>
internal sealed class TransportStatistics(List<RTCStats> stats, StatisticsClock clock, ConnectionContext context)
{
    private readonly Dictionary<string, string> _candidates = [];       // by side and attribute: the id

    public void Add(TransportStack stack)
    {
        string id = StatisticsCollector.TransportId(stack);
        IceStream stream = stack.Stream;
        foreach (IceCandidate candidate in stream.LocalCandidates)
        {
            if (candidate.Component == stack.Component) AddCandidate(id, candidate, isRemote: false, stream.LocalParameters);
        }
        foreach (IceCandidate candidate in stream.RemoteCandidates)
        {
            if (candidate.Component == stack.Component) AddCandidate(id, candidate, isRemote: true, stream.RemoteParameters);
        }
        context.Transports.Peer.Ice.TryGetSelectedPair(stream, stack.Component, out IceCandidatePair? selected);
        string? selectedId = null;
        foreach (IceCandidatePair pair in stream.Pairs)
        {
            if (pair.Component != stack.Component) continue;
            string pairId = AddPair(id, stream, pair, pair == selected && stack.Component == IceComponent.Rtp ? stack.Rtp : null);
            if (pair == selected) selectedId = pairId;
        }
        bool isEncrypted = stack.Dtls is { NegotiatedVersion: not 0 };
        stats.Add(new RTCTransportStats
        {
            Id = id, Timestamp = clock.Now, PacketsSent = stack.PacketsSent, PacketsReceived = stack.PacketsReceived,
            BytesSent = stack.BytesSent, BytesReceived = stack.BytesReceived,
            IceRole = context.Transports.Peer.Ice.Role == IceRole.Controlling ? RTCIceRole.Controlling : RTCIceRole.Controlled,
            IceLocalUsernameFragment = stream.LocalParameters.UsernameFragment,
            DtlsState = stack.Dtls?.State.ToW3C() ?? RTCDtlsTransportState.New, IceState = stream.State.ToW3C(), SelectedCandidatePairId = selectedId,
            LocalCertificateId = AddCertificate(context.Certificate.Der), RemoteCertificateId = AddCertificate(stack.Dtls?.RemoteCertificate ?? default),
            TlsVersion = isEncrypted ? stack.Dtls!.NegotiatedVersion.ToString("X4", System.Globalization.CultureInfo.InvariantCulture) : null,
            DtlsCipher = isEncrypted ? stack.Dtls!.CipherSuite.ToString() : null, DtlsGroup = isEncrypted ? GroupName(stack.Dtls!.NegotiatedGroup) : null,
            DtlsRole = stack.Role switch { null => RTCDtlsRole.Unknown, DtlsRole.Client => RTCDtlsRole.Client, _ => RTCDtlsRole.Server },
            SrtpCipher = SrtpName(stack.Dtls?.SelectedSrtpProfile), SelectedCandidatePairChanges = stack.SelectedPairChanges,
            RtcpTransportStatsId = stack.RtcpStack is { } rtcp ? StatisticsCollector.TransportId(rtcp) : null,
        });
    }

    // As IANA writes them.
    private static string GroupName(DtlsNamedGroup group) => group switch
    {
        DtlsNamedGroup.Secp256r1 => "secp256r1",
        DtlsNamedGroup.Secp384r1 => "secp384r1",
        DtlsNamedGroup.X25519 => "x25519",
        _ => group.ToString(),
    };

    private string AddCandidate(string transportId, IceCandidate candidate, bool isRemote, IceParameters? parameters)
    {
        string key = (isRemote ? "R" : "L") + candidate;
        if (_candidates.TryGetValue(key, out string? known)) return known;
        RTCIceCandidate surfaced = new(candidate, null, 0, parameters?.UsernameFragment ?? "");
        string id = $"I{transportId}{key[0]}{candidate.Foundation}_{candidate.Protocol}_{Host(candidate)}_{candidate.Port}{surfaced.TcpType}";
        // webrtc-stats §8.18: an address that no one has signalled is not told.
        bool isHidden = isRemote && candidate.Type == IceCandidateType.PeerReflexive;
        stats.Add(new RTCIceCandidateStats
        {
            Id = id, Timestamp = clock.Now, IsRemote = isRemote, TransportId = transportId, Address = isHidden ? null : surfaced.Address,
            Port = surfaced.Port, Protocol = surfaced.Protocol, CandidateType = surfaced.Type ?? RTCIceCandidateType.Host, Priority = candidate.Priority,
            Foundation = candidate.Foundation, RelatedAddress = surfaced.RelatedAddress, RelatedPort = surfaced.RelatedPort,
            UsernameFragment = candidate.UsernameFragment ?? parameters?.UsernameFragment, TcpType = surfaced.TcpType,
            Url = context.Transports.Peer.ServerUrls.Find(candidate), RelayProtocol = surfaced.RelayProtocol,
        });
        _candidates.Add(key, id);
        return id;
    }

    private string AddPair(string transportId, IceStream stream, IceCandidatePair pair, RtpSession? session)
    {
        string local = AddCandidate(transportId, pair.Local, isRemote: false, stream.LocalParameters);
        string remote = AddCandidate(transportId, pair.Remote, isRemote: true, stream.RemoteParameters);
        RTCIceCandidatePairStats added = new()
        {
            Id = $"CP{local}_{remote}", Timestamp = clock.Now, TransportId = transportId, LocalCandidateId = local, RemoteCandidateId = remote,
            State = ToW3C(pair.State), Nominated = pair.IsNominated, Priority = pair.Priority,
            PacketsSent = pair.PacketsSent, PacketsReceived = pair.PacketsReceived, BytesSent = pair.BytesSent, BytesReceived = pair.BytesReceived,
            LastPacketSentTimestamp = clock.At(pair.LastPacketSent), LastPacketReceivedTimestamp = clock.At(pair.LastPacketReceived),
            TotalRoundTripTime = pair.TotalRoundTripTime.TotalSeconds,
            CurrentRoundTripTime = pair.ResponsesReceived == 0 ? null : pair.CurrentRoundTripTime.TotalSeconds,
            RequestsReceived = pair.RequestsReceived, RequestsSent = pair.RequestsSent,
            ResponsesReceived = pair.ResponsesReceived, ResponsesSent = pair.ResponsesSent, ConsentRequestsSent = pair.ConsentRequestsSent,
            AvailableOutgoingBitrate = session?.CongestionController?.TargetBitsPerSecond ?? session?.ReceiverEstimate,
        };
        stats.Add(added);
        return added.Id;
    }

    private string? AddCertificate(ReadOnlyMemory<byte> der)
    {
        if (der.IsEmpty) return null;
        DtlsFingerprint fingerprint = DtlsFingerprint.Compute("sha-256", der.Span);
        string id = "CF" + fingerprint.Value;
        stats.Add(new RTCCertificateStats
        {
            Id = id, Timestamp = clock.Now, Fingerprint = fingerprint.Value, FingerprintAlgorithm = fingerprint.Algorithm,
            Base64Certificate = Convert.ToBase64String(der.ToArray()),
        });
        return id;
    }

    // The names of the IANA registry of DTLS-SRTP protection profiles.
    private static string? SrtpName(SrtpProtectionProfile? profile) => profile switch
    {
        SrtpProtectionProfile.Aes128CmHmacSha1_80 => "SRTP_AES128_CM_HMAC_SHA1_80",
        SrtpProtectionProfile.Aes128CmHmacSha1_32 => "SRTP_AES128_CM_HMAC_SHA1_32",
        SrtpProtectionProfile.AeadAes128Gcm => "SRTP_AEAD_AES_128_GCM",
        SrtpProtectionProfile.AeadAes256Gcm => "SRTP_AEAD_AES_256_GCM",
        _ => null,
    };

    private static string Host(IceCandidate candidate) => candidate.HostName ?? candidate.Address.ToIPAddress().ToString();

    private static RTCStatsIceCandidatePairState ToW3C(IceCandidatePairState state) => state switch
    {
        IceCandidatePairState.Frozen => RTCStatsIceCandidatePairState.Frozen,
        IceCandidatePairState.Waiting => RTCStatsIceCandidatePairState.Waiting,
        IceCandidatePairState.InProgress => RTCStatsIceCandidatePairState.InProgress,
        IceCandidatePairState.Succeeded => RTCStatsIceCandidatePairState.Succeeded,
        _ => RTCStatsIceCandidatePairState.Failed,
    };
}
