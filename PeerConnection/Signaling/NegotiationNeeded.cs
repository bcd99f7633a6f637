using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>When negotiation is needed (webrtc-pc §4.7.3).</summary>
internal sealed class NegotiationNeeded(ConnectionContext context)
{
    private bool _flag, _updateOnEmptyChain;

    /// <summary>[[NegotiationNeeded]] is looked at again, soon.</summary>
    public void Update()
    {
        if (context.IsClosed) return;
        if (!context.Negotiation.Chain.IsEmpty)
        {
            _updateOnEmptyChain = true;
            return;
        }
        context.QueueTask(Check);
    }

    /// <summary>An exchange has ended in stable: what was needed then is done, what is needed now shows.</summary>
    public void Reset()
    {
        _flag = false;
        Update();
    }

    public void ChainIsEmpty()
    {
        if (!_updateOnEmptyChain) return;
        _updateOnEmptyChain = false;
        Update();
    }

    private void Check()
    {
        if (context.IsClosed) return;
        if (!context.Negotiation.Chain.IsEmpty)
        {
            _updateOnEmptyChain = true;
            return;
        }
        if (context.Negotiation.State != RTCSignalingState.Stable) return;
        if (!IsNeeded())
        {
            _flag = false;
            return;
        }
        if (_flag) return;
        _flag = true;
        context.Fire(context.Owner.RaiseNegotiationNeeded);
    }

    private bool IsNeeded()
    {
        NegotiationState negotiation = context.Negotiation;
        if (context.Transports.FragmentsToReplace.Count > 0) return true;
        SdpDescription? local = negotiation.CurrentLocal?.Sdp, remote = negotiation.CurrentRemote?.Sdp;
        if (context.Channels.WasUsed && context.Channels.Mid is null) return true;
        foreach (RTCRtpTransceiver transceiver in context.Transceivers.All)
        {
            // Deviation, webrtc-pc §4.7.3: one that was stopped before it had a section has nothing to tell; an offer does not show it.
            if (transceiver.IsStopping && !transceiver.IsStopped && transceiver.Mid is not null) return true;
            if (transceiver.IsStopping) continue;
            SdpMedia? ours = Associated(local, transceiver), theirs = Associated(remote, transceiver);
            if (ours is null || theirs is null) return true;
            RTCRtpTransceiverDirection direction = transceiver.Direction;
            // Deviation, webrtc-pc §4.7.3: an answer that does not send has no a=msid (RFC 8829 §5.3.1). To ask for more because of that made
            // two sides, each of which wants to send where the other does not receive, offer by turns for ever.
            bool showsStreams = negotiation.CurrentLocal!.Type == RTCSdpType.Offer || (ours.Direction ?? SdpDirection.SendRecv).Sends();
            if (direction.Sends() && showsStreams && !HasSameStreams(ours, transceiver.Sender)) return true;
            if (negotiation.CurrentLocal!.Type == RTCSdpType.Offer)
            {
                if (ToSdp(direction) != (ours.Direction ?? SdpDirection.SendRecv) && ToSdp(direction) != (theirs.Direction ?? SdpDirection.SendRecv).Reverse()) return true;
            }
            else if ((ours.Direction ?? SdpDirection.SendRecv) != (ToSdp(direction) & (theirs.Direction ?? SdpDirection.SendRecv).Reverse()))
            {
                return true;
            }
        }
        return false;
    }

    private static SdpDirection ToSdp(RTCRtpTransceiverDirection direction) => direction.ToSdp();

    private static SdpMedia? Associated(SdpDescription? description, RTCRtpTransceiver transceiver) =>
        transceiver.Mid is { } mid ? description?.FindMedia(mid) : null;

    private static bool HasSameStreams(SdpMedia section, RTCRtpSender sender)
    {
        HashSet<string> signalled = [];
        foreach (string line in section.Attributes.All("msid"))
        {
            if (SdpMsid.TryParse(line, out SdpMsid? msid) && msid.StreamId != SdpMsid.NoStream) signalled.Add(msid.StreamId);
        }
        return signalled.SetEquals(sender.StreamIds);
    }
}
