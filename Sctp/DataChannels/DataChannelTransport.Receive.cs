using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <content>What becomes of the association's events, of DCEP messages and of data.</content>
public sealed partial class DataChannelTransport
{
    private void Process(Instant now)
    {
        _now = now;
        ProcessEvents(now);
        ProcessDcep(now);
    }

    private void ProcessDcep(Instant now)
    {
        while (_association.Inbound.TryReadDiverted(out SctpMessage message))
        {
            using (message.Payload) ReceiveDcep(message.Stream, message.Payload.Span, now);
        }
    }

    private void ProcessEvents(Instant now)
    {
        while (_association.Context.TryPeekEvent(out SctpEvent e))
        {
            bool isEnd = e.Kind is SctpEventKind.Closed or SctpEventKind.Failed or SctpEventKind.Restarted;
            if (isEnd && _association.Inbound.HasUnread) return;      // what arrived before is read before
            _association.TryReadEvent(out _);
            ProcessEvent(e, now);
        }
    }

    private void ProcessEvent(in SctpEvent e, Instant now)
    {
        if (e.Kind == SctpEventKind.IncomingStreamReset) ProcessDcep(now);    // the channel may have been opened and closed at once
        _channels.TryGet(e.Stream, out DataChannel? channel);
        switch (e.Kind)
        {
            case SctpEventKind.Established:
                _isConnected = true;
                _events.Enqueue(new DataChannelEvent(DataChannelEventKind.Connected));
                ActivateAll(now);
                break;
            case SctpEventKind.Restarted:                             // the channels of before are lost; the peer opens its own anew
                FinishAll(DataChannelError.AssociationEnded);
                break;
            case SctpEventKind.Closed:
                FinishAll(DataChannelError.None);
                _events.Enqueue(new DataChannelEvent(DataChannelEventKind.Closed));
                break;
            case SctpEventKind.Failed:
                FinishAll(DataChannelError.AssociationEnded, e.Cause, e.PeerCause);
                _events.Enqueue(new DataChannelEvent(DataChannelEventKind.Failed, Cause: e.Cause, PeerCause: e.PeerCause));
                break;
            case SctpEventKind.IncomingStreamReset when channel is { IncomingIsReset: true }:
                channel.NextIsReset = channel.NextOpen.Length > 0;
                break;
            case SctpEventKind.IncomingStreamReset when channel is not null:
                ReceiveReset(channel, _association.Inbound.Unread(e.Stream) + _early.Claimed(e.Stream));
                break;
            case SctpEventKind.IncomingStreamReset:
                _early.Forget(e.Stream);
                break;
            case SctpEventKind.OutgoingStreamReset when channel is not null:
                channel.OutgoingIsReset = true;
                BeginClosing(channel);                                // where the peer asked for the reset (RFC 6525 §5.2.3)
                FinishIfBothReset(channel, now);
                break;
            case SctpEventKind.StreamResetDenied when channel is not null:
                Finish(channel, DataChannelError.ResetDenied);
                break;
            case SctpEventKind.BufferedAmountLow when channel is not null:
                _events.Enqueue(new DataChannelEvent(DataChannelEventKind.BufferedAmountLow, channel));
                break;
        }
    }

    // RFC 8831 §6.7: the peer's reset is answered by our own, after the channel's last message has been read.
    private void ReceiveReset(DataChannel channel, int unread)
    {
        channel.IncomingIsReset = true;
        channel.UnreadAtReset = unread;
        ProcessIncomingReset(channel);
    }

    private void ProcessIncomingReset(DataChannel channel)
    {
        if (!channel.IncomingIsReset || channel.UnreadAtReset > 0) return;
        if (BeginClosing(channel)) ResetStream(channel.Id!.Value);
        FinishIfBothReset(channel, _now);
    }

    // True where the peer is the one who closes.
    private bool BeginClosing(DataChannel channel)
    {
        if (channel.State != DataChannelState.Open) return false;
        channel.State = DataChannelState.Closing;
        _events.Enqueue(new DataChannelEvent(DataChannelEventKind.ChannelClosing, channel));
        return true;
    }

    private void FinishIfBothReset(DataChannel channel, Instant now)
    {
        if (!channel.IncomingIsReset || !channel.OutgoingIsReset || channel.UnreadAtReset > 0 || channel.State == DataChannelState.Closed) return;
        (ushort stream, MessageLease open, bool isReset) = (channel.Id!.Value, channel.NextOpen, channel.NextIsReset);
        channel.NextOpen = default;
        Finish(channel, DataChannelError.None);
        if (open.Length == 0) return;
        using (open) ReceiveDcep(stream, open.Span, now);             // the peer was faster: it uses the id again
        if (isReset && _channels.TryGet(stream, out DataChannel? next)) ReceiveReset(next, _early.Claimed(stream));
    }

    private void ReceiveDcep(ushort stream, ReadOnlySpan<byte> message, Instant now)
    {
        bool exists = _channels.TryGet(stream, out DataChannel? channel);
        if (DcepMessage.IsAck(message))
        {
            if (exists && !channel!.IsRemote) channel.IsAcknowledged = true;
            else Drops.Count(SctpDropReason.UnknownChannel);
            return;
        }
        if (exists && channel is { IncomingIsReset: true, NextOpen.Length: 0 })
        {
            channel.NextOpen = MessageLease.CopyOf(message);          // it comes into being when the reset of our stream is done
            return;
        }
        if (exists)                                                   // RFC 8832 §6: the stream is in use
        {
            Drops.Count(SctpDropReason.InvalidDcep);
            return;
        }
        bool isPeersId = _isDtlsClient is not { } role || (stream & 1) == (role ? 1 : 0);
        if (!DcepMessage.TryReadOpen(message, _options.MaxNameBytes, stream, out DataChannelParameters parameters) || !isPeersId ||
            stream >= _association.OutboundStreams || _channels.IsFull)
        {
            Drops.Count(SctpDropReason.InvalidDcep);
            ResetStream(stream);                                      // RFC 8832 §6: closes the channel on the peer's side
            return;
        }
        channel = new DataChannel(parameters, isRemote: true) { State = DataChannelState.Open, IsAcknowledged = true };
        channel.Attach(_association.OutgoingStream(stream));
        _channels.Add(channel);
        _early.Claim(stream);
        _association.SendControl(stream, Ppid.Dcep, MessageLease.CopyOf([DcepMessage.Ack]), now);
        _events.Enqueue(new DataChannelEvent(DataChannelEventKind.ChannelAnnounced, channel));
    }

    private bool TryInterpret(in SctpMessage raw, out DataChannelMessage message)
    {
        message = default;
        bool exists = _channels.TryGet(raw.Stream, out DataChannel? channel);
        if (!exists || channel is { State: DataChannelState.Connecting } or { IncomingIsReset: true, UnreadAtReset: 0 })
        {
            if (_early.TryAdd(raw)) return false;
            Drops.Count(SctpDropReason.UnknownChannel);
            raw.Payload.Dispose();
            return false;
        }
        if (channel!.IncomingIsReset) channel.UnreadAtReset--;
        channel.IsAcknowledged = true;                                // RFC 8832 §6: any message says what the ACK says
        MessageLease payload = raw.Payload;
        switch (raw.Ppid)
        {
            case Ppid.StringEmpty or Ppid.BinaryEmpty:
                payload.Dispose();
                payload = default;
                break;
            case Ppid.StringPartial or Ppid.BinaryPartial:
                AppendPartial(channel, payload);
                return false;
            case Ppid.String or Ppid.Binary when channel.Partial.Length > 0:
                AppendPartial(channel, payload);
                payload = channel.Partial;
                channel.Partial = default;
                break;
            case Ppid.String or Ppid.Binary:
                break;
            default:
                Drops.Count(SctpDropReason.UnknownPpid);
                payload.Dispose();
                return false;
        }
        channel.MessagesReceived++;
        channel.BytesReceived += payload.Length;
        message = new DataChannelMessage(channel, raw.Ppid is Ppid.Binary or Ppid.BinaryEmpty, payload);
        return true;
    }

    // The deprecated way to send large messages (RFC 8831 §6.6): rare enough to copy.
    private void AppendPartial(DataChannel channel, MessageLease part)
    {
        MessageLease head = channel.Partial;
        if ((long)head.Length + part.Length > _options.Sctp.MaxMessageSize)
        {
            part.Dispose();
            head.Dispose();
            channel.Partial = default;
            Drops.Count(SctpDropReason.WindowExceeded);
            return;
        }
        MessageLease joined = MessageLease.Rent(head.Length + part.Length);
        head.Span.CopyTo(joined.Span);
        part.Span.CopyTo(joined.Span[head.Length..]);
        head.Dispose();
        part.Dispose();
        channel.Partial = joined;
    }
}
