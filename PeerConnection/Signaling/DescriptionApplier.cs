using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Applies descriptions (RFC 8829 §5.9, §5.10, §5.11; webrtc-pc §4.4.1.5, "set a session description").</summary>
internal sealed class DescriptionApplier(ConnectionContext context, OfferBuilder offers, AnswerBuilder answers, RemoteTracks tracks)
{
    /// <summary>A local offer: sections, transceivers and transports are tied to each other, gathering starts.</summary>
    public void LocalOffer(SdpDescription offer)
    {
        context.Sections.Remember();
        for (int i = 0; i < offer.Media.Count && i < offers.Plan.Count; i++)
        {
            SdpMedia section = offer.Media[i];
            if (section.Mid is not { } mid) continue;
            if (offers.Plan[i] is { } transceiver)
            {
                transceiver.Associate(mid, i);
                transceiver.Receiver.IsReceptive = AnswerBuilder.Direction(offer, section).Receives();
            }
            if (offers.Transports[i] is not { Transport: { } transport } planned) continue;
            context.Sections.Assign(mid, transport);
            if (planned.IsTagged) (transport.Mid, transport.MLineIndex) = (mid, i);
            if (offers.Plan[i] is { Transport: null, IsStopping: false } added) added.SetTransport(transport);
            if (!section.IsDataChannel) continue;
            context.Channels.Mid = mid;
            context.Channels.Offered(transport);
        }
        context.Sections.Offered();
        foreach (BundleTransport transport in offers.Transports.Where(planned => planned.IsTagged).Select(planned => planned.Transport!)) context.Transports.StartGathering(transport);
        context.Transports.AnnounceRole(context.Options.Ice.IsLite ? RTCIceRole.Controlled : RTCIceRole.Controlling);
    }

    /// <summary>A remote offer: transceivers are found or made for its sections (RFC 8829 §5.10).</summary>
    public void RemoteOffer(SdpDescription offer)
    {
        context.Sections.Remember();
        BundleTransport?[] transports = context.Sections.PlanAnswer(offer, [.. offer.GetGroups(SdpGroup.Bundle)], RemoteSection.IsInUse);
        for (int i = 0; i < offer.Media.Count; i++)
        {
            SdpMedia section = offer.Media[i];
            if (section.IsDataChannel && transports[i] is { } transport) context.Channels.Offered(transport);
            if (!section.IsRtp || section.Mid is not { } mid || !W3CEnum.TryParse(section.Kind, out MediaKind kind)) continue;
            bool isRejected = !RemoteSection.IsInUse(section);
            RTCRtpTransceiver? transceiver = context.Transceivers.FindByMid(mid);
            SdpDirection direction = AnswerBuilder.Direction(offer, section);
            if (transceiver is null && !isRejected)
            {
                transceiver = (direction.Receives() ? FindAdded(kind) : null) ?? Make(kind);
                transceiver.Associate(mid, i);
            }
            if (transceiver is null) continue;
            if (!isRejected) transceiver.Sender.Propose(EncodingRules.Proposed(section, context.Options));
            tracks.Process(transceiver, isRejected ? SdpDirection.Inactive : direction.Reverse(), section);
            if (isRejected) transceiver.Retire();
        }
        IceRestartOfPeer(offer);
        context.Transports.AnnounceRole(offer.Attributes.Contains("ice-lite") ? RTCIceRole.Controlling : RTCIceRole.Controlled);
    }

    /// <summary>An exchange is complete, or provisionally so: what both sides said takes effect (RFC 8829 §5.11).</summary>
    /// <param name="local">What we said.</param>
    /// <param name="remote">What the peer said.</param>
    /// <param name="weOffered">Whether ours is the offer.</param>
    /// <param name="isFinal">Whether the answer is, and no provisional one: what it leaves unused is given back only then.</param>
    public void Negotiated(SdpDescription local, SdpDescription remote, bool weOffered, bool isFinal)
    {
        SdpDescription offer = weOffered ? local : remote, answer = weOffered ? remote : local;
        // RFC 8445 §6.1.1: roles outlive restarts; where the peer sees it otherwise, the procedure for role conflicts decides.
        if (context.Transports.All.All(transport => transport.Remote is null)) context.Transports.SetRole(Role(local, remote, weOffered));
        IReadOnlyList<IReadOnlyList<string>> groups = [.. answer.GetGroups(SdpGroup.Bundle).Where(group => group.Count > 0)];
        HashSet<BundleTransport> started = [];
        for (int i = 0; i < answer.Media.Count && i < offer.Media.Count; i++)
        {
            string mid = answer.Media[i].Mid ?? offer.Media[i].Mid ?? "";
            RTCRtpTransceiver? transceiver = context.Transceivers.FindByMid(mid);
            IReadOnlyList<string>? group = groups.FirstOrDefault(each => each.Contains(mid));
            BundleTransport? transport = weOffered ? context.Sections.OfOffer(group is null ? mid : group[0]) : answers.Transports[i];
            bool isRejected = answer.Media[i].Port == 0 || transport is null || (group is null && weOffered && RemoteSection.IsBundleOnly(offer.Media[i]));
            if (isRejected)
            {
                if (isFinal) Reject(transceiver, local.Media[i], remote.Media[i], RemoteSection.IsInUse(offer.Media[i]));
                else if (transceiver is { IsStopped: false }) Rest(transceiver, remote.Media[i]);
                continue;
            }
            context.Sections.Assign(mid, transport!);
            bool sharesRtcp = group is not null || !answer.Media[i].IsRtp || RemoteSection.SharesRtcp(answer.Media[i]);
            if (started.Add(transport!)) Connect(transport!, local, remote, group is null ? i : IndexOf(answer, group[0]), endsRtcp: sharesRtcp && isFinal);
            Open(transport!, transceiver, local, remote, i, weOffered);
        }
        if (!isFinal) return;
        context.Sections.Settle(answer, groups);
        foreach (BundleTransport transport in context.Transports.All) (transport.ReplacedLocal, transport.Restart) = (null, null);
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
        context.Sections.RollBack();
    }

    // RFC 8445 §6.1.1: the offerer controls, unless only the other side is full.
    private static IceRole Role(SdpDescription local, SdpDescription remote, bool weOffered)
    {
        bool isPeerLite = remote.Attributes.Contains("ice-lite"), areWeLite = local.Attributes.Contains("ice-lite");
        return isPeerLite != areWeLite ? (isPeerLite ? IceRole.Controlling : IceRole.Controlled) : weOffered ? IceRole.Controlling : IceRole.Controlled;
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
            if (!RemoteSection.IsInUse(section) || context.Sections.Of(section.Mid) is not { Remote: { } known } transport) continue;
            if (RemoteSection.IceParameters(offer, RemoteSection.Carrier(offer, section)) is { } offered && known != offered)
                context.Transports.PrepareRestart(transport);
        }
    }

    // RFC 9429 §5.11: nothing is sent or received any more.
    // Deviation, webrtc-pc §4.4.1.4, step 11.2.15: the transceiver is not stopped for good, as the final answer may accept the section (RFC 9429 §4.1.10).
    private void Rest(RTCRtpTransceiver transceiver, SdpMedia theirs)
    {
        tracks.Process(transceiver, SdpDirection.Inactive, theirs);
        transceiver.Sender.Suspend();
        transceiver.Receiver.Close();
        transceiver.SetCurrentDirection(RTCRtpTransceiverDirection.Inactive);
    }

    private void Reject(RTCRtpTransceiver? transceiver, SdpMedia ours, SdpMedia theirs, bool wasOffered)
    {
        if (transceiver is not null)
        {
            if (!transceiver.IsStopped) tracks.Process(transceiver, SdpDirection.Inactive, theirs);
            transceiver.Retire();
            context.Transceivers.Remove(transceiver);
        }
        if (ours.IsDataChannel && (context.Channels.Mid == ours.Mid || (context.Channels.Mid is null && wasOffered))) context.Channels.Rejected();
    }

    private static int IndexOf(SdpDescription description, string mid)
    {
        int index = 0;
        while (description.Media[index].Mid != mid) index++;
        return index;
    }

    private void Connect(BundleTransport transport, SdpDescription local, SdpDescription remote, int tagged, bool endsRtcp)
    {
        SdpMedia ours = local.Media[tagged], theirs = remote.Media[tagged];
        (transport.Mid, transport.MLineIndex) = (ours.Mid ?? "", tagged);
        if (endsRtcp) context.Transports.EndRtcp(transport);
        context.Transports.StartGathering(transport);
        bool isRenewed = DtlsRenewal.IsAsked(transport, remote, theirs);
        if (RemoteSection.IceParameters(remote, theirs) is { } parameters) context.Transports.SetRemote(transport, parameters);
        if (transport.IsDtlsClient is null || isRenewed)
        {
            bool isClient = IsClient(local.Inherited(ours, "setup"), remote.Inherited(theirs, "setup"));
            context.Transports.StartDtls(transport, isClient, RemoteSection.Fingerprints(remote, theirs));
        }
        transport.RemoteTlsId = remote.Inherited(theirs, "tls-id");
        (transport.TlsId, transport.NextTlsId) = (transport.NextTlsId ?? transport.TlsId, null);
        AddCandidates(transport, theirs);
    }

    private void Open(BundleTransport transport, RTCRtpTransceiver? transceiver, SdpDescription local, SdpDescription remote, int index, bool weOffered)
    {
        SdpMedia ours = local.Media[index], theirs = remote.Media[index];
        if (RemoteSection.HasCryptex(local, ours) && RemoteSection.HasCryptex(remote, theirs)) context.Transports.UseCryptex(transport);
        if (ours.IsDataChannel)
        {
            context.Channels.Mid = ours.Mid;
            context.Channels.Negotiated(
                transport, RemoteSection.SctpPort(theirs), RemoteSection.MaxMessageSize(theirs),
                RemoteSection.SctpInit(ours) is null ? null : RemoteSection.SctpInit(theirs));
        }
        else if (transceiver is not null)
        {
            SdpDescription answer = weOffered ? remote : local;
            SdpDirection direction = AnswerBuilder.Direction(answer, answer.Media[index]);
            transceiver.RtpHeaderEncryptionNegotiated = RemoteSection.HasCryptex(local, ours) && RemoteSection.HasCryptex(remote, theirs);
            Open(transceiver, transport, ours, theirs, weOffered ? direction.Reverse() : direction, weOffered, HeaderExtensions.AllowsMixed(local, ours) && HeaderExtensions.AllowsMixed(remote, theirs));
        }
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

    private void Open(RTCRtpTransceiver transceiver, BundleTransport transport, SdpMedia ours, SdpMedia theirs, SdpDirection direction, bool weOffered, bool allowsMixed)
    {
        string mid = ours.Mid!;
        if (transceiver.Transport is { } left && left != transport)      // bundled from now on, or no more
        {
            transceiver.Sender.Close(left);
            transceiver.Receiver.Close();
        }
        IReadOnlyList<SdpCodec> local = ours.GetCodecs();
        transceiver.SetTransport(transport);
        transceiver.Codecs = [.. MediaCapabilities.Select(transceiver.Kind, theirs.GetCodecs()).Where(codec => local.Any(known => MediaCapabilities.IsSame(known, codec)))];
        NegotiatedExtensions extensions = HeaderExtensions.Negotiated(weOffered ? theirs : ours, isOurs: !weOffered, allowsMixed);
        transceiver.SetNegotiated(extensions);
        bool reducedSize = ours.Attributes.Contains("rtcp-rsize") && theirs.Attributes.Contains("rtcp-rsize");
        bool measures = RemoteSection.MeasuresAsReceiver(ours) && RemoteSection.MeasuresAsReceiver(theirs);
        context.Post((_, _) =>
        {
            if (transport.Stack?.Rtp is { } session) (session.UsesReducedSize, session.MeasuresAsReceiver) = (reducedSize, measures);
        });
        transceiver.Sender.Narrow(weOffered ? SimulcastLines.Received(theirs) : SimulcastLines.Sent(ours));
        transceiver.Sender.SetNegotiated(direction.Sends() ? transceiver.Codecs : [], extensions, reducedSize);
        if (direction.Sends()) transceiver.Sender.Open(transport, mid, extensions, transceiver.Codecs);
        else transceiver.Sender.Suspend();
        IReadOnlyList<string> rids = weOffered ? [.. SimulcastLines.Received(ours).Intersect(SimulcastLines.Sent(theirs))] : SimulcastLines.Received(ours);
        transceiver.Receiver.SetNegotiated(direction.Receives() ? local : [], extensions, reducedSize, rids);
        if (direction.Receives()) transceiver.Receiver.Open(transport, mid, extensions, local, RemoteSection.Ssrcs(theirs), RemoteSection.Pairs(theirs));
        transceiver.SetCurrentDirection(direction.ToRtp());
    }
}
