using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Rtp;
using WebRtcStack.Sctp;

namespace WebRtcStack;

/// <summary>Told, on the loop, of what happens on a connection's transports.</summary>
internal interface ITransportObserver
{
    void LocalCandidateFound(TransportStack stack, IceCandidate candidate, string usernameFragment);

    void CandidateErrorOccurred(TransportStack stack, in IceEvent e);

    void GatheringStateChanged(TransportStack stack, IceGatheringState state);

    void IceStateChanged(TransportStack stack, IceConnectionState state);

    void IceRoleChanged(IceRole role);

    void SelectedPairChanged(TransportStack stack, IceCandidatePair pair);

    /// <summary>No more events of ICE come in this pass.</summary>
    void IceEventsEnd();

    void DtlsStateChanged(TransportStack stack, DtlsState state, in DtlsEvent? cause);

    void KeyFrameRequested(RtpSendStream stream);

    void RtpReceived(RtpReceiveStream stream, in RtpPacket packet, Instant now);

    void StreamEnded(RtpReceiveStream stream);

    void DataChannelEventOccurred(in DataChannelEvent e);

    void MessageReceived(DataChannel channel, bool isBinary, MessageLease payload);

    /// <summary>Whether the application lags so far behind that no more messages are to be taken.</summary>
    bool IsBacklogged { get; }

    /// <summary>No more messages come in this pass.</summary>
    void MessagesEnd();

    /// <summary>Asks for what the application has sent since the last pass.</summary>
    void CollectMessages(Instant now);

    void Faulted(Exception exception);

    /// <summary>The connection has ended; nothing is asked of its keys any more.</summary>
    void Released();
}
