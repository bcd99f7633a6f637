using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Rtp;
using WebRtcStack.Sctp;

namespace WebRtcStack;

/// <summary>Turns what happens on the loop into tasks of the connection.</summary>
internal sealed class TransportObserver(ConnectionContext context) : ITransportObserver
{
    private readonly Dictionary<TransportStack, RTCIceCandidatePair> _pairs = [];             // the loop's: changes of this pass that are not told yet
    private readonly Dictionary<TransportStack, IceConnectionState> _states = [];

    public bool IsBacklogged => context.Channels.IsBacklogged;

    // webrtc-pc §4.4.1.4, surface the candidate
    public void LocalCandidateFound(TransportStack stack, IceCandidate candidate, string usernameFragment)
    {
        BundleTransport transport = stack.Owner;
        context.QueueTask(() => transport.WhenInUse(() =>
        {
            if (IsGone(transport, usernameFragment)) return;
            string? url = context.Transports.Peer.ServerUrls.Find(candidate);
            RTCIceCandidate surfaced = new(candidate, transport.Mid, (ushort)transport.MLineIndex, usernameFragment, url);
            transport.Ice.AddLocal(surfaced);
            if (usernameFragment == transport.FragmentToldBefore) return;
            LocalCandidates.Add(context.Negotiation, transport, candidate);
            context.Fire(() => context.Owner.RaiseIceCandidate(surfaced, url));
        }));
    }

    public void CandidateErrorOccurred(TransportStack stack, in IceEvent e)
    {
        IceEvent error = e;
        context.QueueTask(() => stack.Owner.WhenInUse(() =>
        {
            if (context.IsClosed) return;
            context.Fire(() => context.Owner.RaiseIceCandidateError(new RTCPeerConnectionIceErrorEvent
            {
                Address = error.Local.IsNone ? null : error.Local.ToIPAddress().ToString(), Port = error.Local.IsNone ? null : error.Local.Port,
                Url = context.Transports.Peer.ServerUrls.Find(error.Server, error.ServerProtocol, error.IsTurnServer), ErrorCode = error.ErrorCode,
                ErrorText = error.ErrorText,
            }));
        }));
    }

    public void GatheringStateChanged(TransportStack stack, IceGatheringState state)
    {
        if (state == IceGatheringState.New) return;                      // §5.6: a restart goes from complete to gathering at once
        BundleTransport transport = stack.Owner;
        string usernameFragment = stack.Stream.LocalParameters.UsernameFragment;
        if (state == IceGatheringState.Complete) context.QueueTask(() => transport.WhenInUse(() => EndCandidates(transport, usernameFragment)));
        context.QueueTask(() => transport.WhenInUse(() =>
        {
            RTCIceGathererState next = state == IceGatheringState.Gathering ? RTCIceGathererState.Gathering : RTCIceGathererState.Complete;
            if (context.IsClosed || !transport.Ice.TrySet(next)) return;
            context.Fire(transport.Ice.RaiseGatheringStateChange);
            context.States.Update();
        }));
    }

    // Of a generation that is gone, or of a transport that was bundled away or taken back.
    private bool IsGone(BundleTransport transport, string usernameFragment) =>
        context.IsClosed || usernameFragment != transport.Local.UsernameFragment || !context.Transports.All.Contains(transport);

    // webrtc-pc §5.6, the first task when a generation has been gathered
    private void EndCandidates(BundleTransport transport, string usernameFragment)
    {
        if (IsGone(transport, usernameFragment) || usernameFragment == transport.FragmentToldBefore) return;
        LocalCandidates.End(context.Negotiation, transport);
        RTCIceCandidate end = RTCIceCandidate.End(transport.Mid, transport.MLineIndex, usernameFragment);
        context.Fire(() => context.Owner.RaiseIceCandidate(end));
    }

    public void SelectedPairChanged(TransportStack stack, IceCandidatePair pair)
    {
        BundleTransport transport = stack.Owner;
        string local = stack.Stream.LocalParameters.UsernameFragment, remote = stack.Stream.RemoteParameters?.UsernameFragment ?? "";
        (IceCandidate ours, IceCandidate theirs) = (pair.Local, pair.Remote);
        _pairs[stack] = new RTCIceCandidatePair
        {
            Local = new RTCIceCandidate(ours, transport.Mid, (ushort)transport.MLineIndex, local),
            Remote = new RTCIceCandidate(theirs, transport.Mid, (ushort)transport.MLineIndex, remote),
        };
    }

    public void IceStateChanged(TransportStack stack, IceConnectionState state)
    {
        if (_states.Remove(stack, out IceConnectionState before) && before != state) QueueIceChange(stack, before);
        _states[stack] = state;
    }

    public void IceEventsEnd()
    {
        if (_pairs.Count == 0 && _states.Count == 0) return;             // every pass asks
        foreach (TransportStack stack in _pairs.Keys.Union(_states.Keys).ToArray()) QueueIceChange(stack, _states.TryGetValue(stack, out IceConnectionState state) ? state : null);
        _states.Clear();
    }

    // webrtc-pc §5.6, "change the selected candidate pair and state"
    private void QueueIceChange(TransportStack stack, IceConnectionState? state)
    {
        RTCIceTransport transport = stack.Owner.Ice;
        _pairs.Remove(stack, out RTCIceCandidatePair? pair);
        context.QueueTask(() =>
        {
            if (context.IsClosed) return;
            if (pair is not null)
            {
                transport.Select(pair);
                context.Fire(transport.RaiseSelectedCandidatePairChange);
            }
            if (state is not { } next || !transport.TrySet(next.ToW3C())) return;
            context.Fire(transport.RaiseStateChange);
            context.States.Update();
        });
    }

    public void IceRoleChanged(IceRole role) => context.QueueTask(() =>
    {
        foreach (BundleTransport transport in context.Transports.All)
            transport.Ice.Role = role == IceRole.Controlling ? RTCIceRole.Controlling : RTCIceRole.Controlled;
    });

    public void DtlsStateChanged(TransportStack stack, DtlsState state, in DtlsEvent? cause)
    {
        if (stack.Owner.DtlsOf(stack) is not { } transport) return;
        ReadOnlyMemory<byte> certificate = stack.Dtls!.RemoteCertificate;
        if (state == DtlsState.Connected && context.OwnsCertificate) context.Certificate.Rest();
        DtlsEvent? reason = cause;
        context.QueueTask(() =>
        {
            RTCDtlsTransportState next = state.ToW3C();
            if (context.IsClosed) return;
            if (next == RTCDtlsTransportState.Connected) transport.SetRemoteCertificate(certificate);
            if (!transport.TrySet(next)) return;
            if (next == RTCDtlsTransportState.Failed && reason is { } failed) context.Fire(() => transport.RaiseError(ToError(failed)));
            context.Fire(transport.RaiseStateChange);
            context.States.Update();
        });
    }

    public void KeyFrameRequested(RtpSendStream stream) => context.QueueTask(() =>
    {
        foreach (RTCRtpTransceiver transceiver in context.Transceivers.All) context.Fire(() => transceiver.Sender.RaiseKeyFrameRequested(stream));
    });

    public void RtpReceived(RtpReceiveStream stream, in RtpPacket packet, Instant now)
    {
        if (stream.Section.Tag is RTCRtpReceiver receiver) receiver.Inlet.Receive(stream, packet, now);
    }

    // webrtc-pc §9.3: the track is muted when one of its sources says goodbye
    public void StreamEnded(RtpReceiveStream stream)
    {
        if (stream.Section.Tag is not RTCRtpReceiver receiver) return;
        receiver.Inlet.Forget(stream);
        context.QueueTask(() => receiver.SetMuted(true));
    }

    public void DataChannelEventOccurred(in DataChannelEvent e) => context.Channels.Handle(e);

    public void MessageReceived(DataChannel channel, bool isBinary, MessageLease payload) => context.Channels.Receive(channel, isBinary, payload);

    public void MessagesEnd() => context.Channels.FlushMessages();

    public void CollectMessages(Instant now) => context.Channels.DrainOutboxes(now);

    public void Faulted(Exception exception) => context.QueueTask(context.Owner.CloseAfterFault);

    public void Released()
    {
        if (context.OwnsCertificate) context.Certificate.Dispose();
    }

    private static RTCError ToError(in DtlsEvent e) => e.Failure == DtlsFailure.FingerprintMismatch
        ? new RTCError(RTCErrorDetailType.FingerprintFailure, e.Reason)
        : new RTCError(RTCErrorDetailType.DtlsFailure, e.Reason)
        {
            ReceivedAlert = e.Failure == DtlsFailure.AlertReceived ? (uint?)e.Alert : null, SentAlert = e.Failure == DtlsFailure.AlertReceived ? null : (uint?)e.Alert,
        };
}
