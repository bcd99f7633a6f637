using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Applies descriptions (RFC 8829 §5.9, §5.10, §5.11; webrtc-pc §4.4.1.5, "set a session description").</summary>
internal sealed class DescriptionApplier(ConnectionContext context, OfferBuilder offers, RemoteTracks tracks)
{
    /// <summary>A local offer: sections and transceivers are tied to each other, gathering starts.</summary>
    public void LocalOffer(SdpDescription offer)
    {
        for (int i = 0; i < offer.Media.Count && i < offers.Plan.Count; i++)
        {
            SdpMedia section = offer.Media[i];
            if (offers.Plan[i] is { } transceiver && section.Mid is { } mid)
            {
                transceiver.Associate(mid, i);
                if (transceiver.Transport is null && !transceiver.IsStopping) transceiver.SetTransport(context.Transports.Primary);
            }
            if (!section.IsDataChannel || !IsInUse(section)) continue;
            context.Channels.Mid = section.Mid;
            context.Channels.Offered(context.Transports.Primary);
        }
        TakePlace(offer, context.Transports.Primary);
        if (offer.Media.Any(IsInUse)) context.Transports.StartGathering(context.Transports.Primary);
        context.Transports.RestartRequested = false;
    }

    /// <summary>A remote offer: transceivers are found or made for its sections (RFC 8829 §5.10).</summary>
    public void RemoteOffer(SdpDescription offer)
    {
        for (int i = 0; i < offer.Media.Count; i++)
        {
            SdpMedia section = offer.Media[i];
            if (section.IsDataChannel && IsInUse(section)) context.Channels.Offered(context.Transports.Primary);
            if (!section.IsRtp || section.Mid is not { } mid || !W3CEnum.TryParse(section.Kind, out MediaKind kind)) continue;
            bool isRejected = section.Port == 0 && !section.Attributes.Contains("bundle-only");
            RTCRtpTransceiver? transceiver = context.Transceivers.FindByMid(mid);
            SdpDirection direction = AnswerBuilder.Direction(offer, section);
            if (transceiver is null && !isRejected)
            {
                transceiver = (direction.Receives() ? FindAdded(kind) : null) ?? Make(kind);
                transceiver.Associate(mid, i);
            }
            if (transceiver is null) continue;
            if (isRejected) transceiver.Retire();
            else tracks.Process(transceiver, direction.Reverse(), section);
        }
        IceRestartOfPeer(offer);
    }

    /// <summary>An exchange is complete, or provisionally so: what both sides said takes effect (RFC 8829 §5.11).</summary>
    /// <param name="local">What we said.</param>
    /// <param name="remote">What the peer said.</param>
    /// <param name="weOffered">Whether ours is the offer.</param>
    public void Negotiated(SdpDescription local, SdpDescription remote, bool weOffered)
    {
        SdpDescription offer = weOffered ? local : remote, answer = weOffered ? remote : local;
        // RFC 8445 §6.1.1: roles outlive restarts; where the peer sees it otherwise, the procedure for role conflicts decides.
        if (context.Transports.All.All(transport => transport.Remote is null)) context.Transports.SetRole(Role(local, remote, weOffered));
        IReadOnlyList<string> group = answer.GetGroups("BUNDLE").FirstOrDefault() ?? [];
        HashSet<BundleTransport> started = [];
        for (int i = 0; i < answer.Media.Count && i < offer.Media.Count; i++)
        {
            SdpMedia ours = local.Media[i], theirs = remote.Media[i];
            string mid = answer.Media[i].Mid ?? offer.Media[i].Mid ?? "";
            RTCRtpTransceiver? transceiver = context.Transceivers.FindByMid(mid);
            if (answer.Media[i].Port == 0)
            {
                Reject(transceiver, ours);
                continue;
            }
            BundleTransport transport = weOffered ? context.Transports.Primary : context.Transports.For(mid, group.Contains(mid) ? group[0] : null);
            if (started.Add(transport)) Connect(transport, local, remote, i);
            if (RemoteSection.HasCryptex(local, local.Media[i]) && RemoteSection.HasCryptex(remote, remote.Media[i])) context.Transports.UseCryptex(transport);
            if (answer.Media[i].IsDataChannel)
            {
                context.Channels.Mid = mid;
                context.Channels.Negotiated(
                    transport, RemoteSection.SctpPort(theirs), RemoteSection.MaxMessageSize(theirs),
                    RemoteSection.SctpInit(ours) is null ? null : RemoteSection.SctpInit(theirs));
            }
            else if (transceiver is not null)
            {
                SdpDirection direction = AnswerBuilder.Direction(answer, answer.Media[i]);
                Open(transceiver, transport, ours, theirs, weOffered ? direction.Reverse() : direction);
            }
        }
    }

    /// <summary>The tracks that an answer of the peer brings or takes away.</summary>
    public void ProcessTracks(SdpDescription answer)
    {
        foreach (SdpMedia section in answer.Media)
        {
            if (!section.IsRtp || section.Port == 0 || section.Mid is not { } mid || context.Transceivers.FindByMid(mid) is not { } transceiver) continue;
            tracks.Process(transceiver, AnswerBuilder.Direction(answer, section).Reverse(), section);
        }
    }

    /// <summary>The tracks that an answer of ours takes away.</summary>
    public void ProcessLocalTracks(SdpDescription answer)
    {
        foreach (SdpMedia section in answer.Media)
        {
            if (!section.IsRtp || section.Port == 0 || section.Mid is not { } mid || context.Transceivers.FindByMid(mid) is not { } transceiver) continue;
            tracks.ProcessLocal(transceiver, AnswerBuilder.Direction(answer, section));
        }
    }

    /// <summary>What an offer that is taken back has brought about beside transceivers.</summary>
    public void RollBack()
    {
        context.Channels.RollBack();
        if (context.Negotiation.CurrentLocal is { } stable)
        {
            if (!stable.Sdp.Media.Any(section => section.IsDataChannel && section.Mid == context.Channels.Mid && section.Port != 0)) context.Channels.Mid = null;
        }
        else
        {
            context.Channels.Mid = null;
        }
        foreach (BundleTransport transport in context.Transports.All)
        {
            transport.WaitingCandidates.Clear();
            if (transport.Remote is null) transport.Mid = "";
        }
    }

    private static bool IsInUse(SdpMedia section) => section.Port != 0 || section.Attributes.Contains("bundle-only");

    // RFC 8445 §6.1.1: the offerer controls, unless only the other side is full.
    private static IceRole Role(SdpDescription local, SdpDescription remote, bool weOffered)
    {
        bool isPeerLite = remote.Attributes.Contains("ice-lite"), areWeLite = local.Attributes.Contains("ice-lite");
        return isPeerLite != areWeLite ? (isPeerLite ? IceRole.Controlling : IceRole.Controlled) : weOffered ? IceRole.Controlling : IceRole.Controlled;
    }

    // The section whose candidates are the transport's: the first that is in use.
    private static void TakePlace(SdpDescription description, BundleTransport transport)
    {
        for (int i = 0; i < description.Media.Count; i++)
        {
            if (description.Media[i].Port == 0 || description.Media[i].Mid is not { } mid) continue;
            (transport.Mid, transport.MLineIndex) = (mid, i);
            return;
        }
    }

    // §5.10: a transceiver of addTrack that has no section yet takes one that is offered to it.
    private RTCRtpTransceiver? FindAdded(MediaKind kind) => context.Transceivers.All.FirstOrDefault(transceiver =>
        transceiver.Kind == kind && transceiver.Mid is null && !transceiver.IsStopping && transceiver.WasUsedByAddTrack);

    private RTCRtpTransceiver Make(MediaKind kind) => context.Transceivers.CreateForRemote(kind);

    // RFC 8839 §4.4.3.1: other credentials in an offer ask for a restart, which our answer joins.
    private void IceRestartOfPeer(SdpDescription offer)
    {
        foreach (SdpMedia section in offer.Media)
        {
            if (!IsInUse(section) || section.Mid is not { } mid || RemoteSection.IceParameters(offer, RemoteSection.Carrier(offer, section)) is not { } offered) continue;
            BundleTransport? transport = mid == context.Channels.Mid ? context.Channels.Transport : context.Transceivers.FindByMid(mid)?.Transport;
            if (transport?.Remote is { } known && known != offered) transport.Restart ??= IceParameters.Generate(context.Options.Random);
        }
    }

    private void Reject(RTCRtpTransceiver? transceiver, SdpMedia ours)
    {
        transceiver?.Retire();
        if (transceiver is not null) context.Transceivers.Remove(transceiver);
        if (ours.IsDataChannel && context.Channels.Mid == ours.Mid) context.Channels.Rejected();
    }

    private void Connect(BundleTransport transport, SdpDescription local, SdpDescription remote, int index)
    {
        SdpMedia ours = local.Media[index], theirs = RemoteSection.Carrier(remote, remote.Media[index]);
        (transport.Mid, transport.MLineIndex) = (ours.Mid ?? "", index);
        context.Transports.StartGathering(transport);
        if (RemoteSection.IceParameters(remote, theirs) is { } parameters) context.Transports.SetRemote(transport, parameters);
        bool isClient = transport.IsDtlsClient ?? IsClient(local.Inherited(ours, "setup"), remote.Inherited(theirs, "setup"));
        context.Transports.StartDtls(transport, isClient, RemoteSection.Fingerprints(remote, theirs));
        AddCandidates(transport, theirs);
        context.Transports.FlushRemoteCandidates(transport);
    }

    // RFC 8842 §5.3: the answer's setup decides; actpass is the offer's.
    private static bool IsClient(string? ours, string? theirs) => ours == "active" || (ours == "actpass" && theirs == "passive");

    private void AddCandidates(BundleTransport transport, SdpMedia section)
    {
        foreach (string line in section.Attributes.All("candidate"))
        {
            if (!IceCandidate.TryParse("candidate:" + line, out IceCandidate? candidate, out _)) continue;
            context.Transports.AddRemoteCandidate(transport, candidate);
            transport.Ice.AddRemote(new RTCIceCandidate(candidate, section.Mid, (ushort)transport.MLineIndex, transport.Remote?.UsernameFragment ?? ""));
        }
        if (section.Attributes.Contains("end-of-candidates")) context.Transports.EndRemoteCandidates(transport);
    }

    private static void Open(RTCRtpTransceiver transceiver, BundleTransport transport, SdpMedia ours, SdpMedia theirs, SdpDirection direction)
    {
        string mid = ours.Mid!;
        transceiver.SetTransport(transport);
        transceiver.Codecs = MediaCapabilities.Select(transceiver.Kind, theirs.GetCodecs());
        byte midExtension = (byte)RemoteSection.MidExtensionId(theirs);
        if (direction.Sends()) transceiver.Sender.Open(transport, mid, midExtension, transceiver.Codecs);
        else transceiver.Sender.Close(transport);
        if (direction.Receives()) transceiver.Receiver.Open(transport, mid, midExtension, ours.GetCodecs(), RemoteSection.Ssrcs(theirs));
        transceiver.SetCurrentDirection(direction.ToRtp());
    }
}
