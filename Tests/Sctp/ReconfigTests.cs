using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>RFC 6525: requests of both sides, their answers, repetition and errors.</summary>
[TestFixture]
public class ReconfigTests
{
    private const uint Tsn = RawPeer.InitialTsn;
    private const int NothingToDo = 0, Performed = 1, Denied = 2, WrongSsn = 3, BadSequenceNumber = 5, InProgress = 6;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    // §5.2.1, §5.2.2 E1 to E6.
    [Test]
    public void Receive_OfOutgoingRequests_AnswersEachOnceAndRepeatsLostAnswers()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn, 1, 0, 3, 42));
        byte[] request = Outgoing(Tsn, Tsn + 1, 1);
        peer.Send(request);
        Assert.That(Result(peer), Is.EqualTo(InProgress), "TSN + 1 is still missing");
        peer.Send(request);
        Assert.That(Result(peer), Is.EqualTo(InProgress));
        peer.Send(RawPeer.Data(Tsn + 1, 1, 1, 3, 43));
        Assert.That(Result(peer), Is.EqualTo(Performed));
        peer.Send(request);
        Assert.That(Result(peer), Is.EqualTo(Performed), "repeated");
        Assert.That(peer.Association.TryReadEvent(out SctpEvent e));
        Assert.That((e.Kind, e.Stream), Is.EqualTo((SctpEventKind.IncomingStreamReset, (ushort)1)));
        Assert.That(peer.Association.TryReadEvent(out _), Is.False);
        peer.Send(RawPeer.Data(Tsn + 2, 1, 0, 3, 44));
        Assert.That(Receive(peer), Is.EqualTo(new byte[] { 42, 43, 44 }));
    }

    // §5.2.2 E2: what lies behind the last assigned TSN belongs to the stream's next life.
    [Test]
    public void Receive_OfDataBehindAResetInProgress_TakesItAfterTheReset()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn, 1, 0, 3, 42), Outgoing(Tsn, Tsn + 1, 1), RawPeer.Data(Tsn + 2, 1, 0, 3, 44), RawPeer.Data(Tsn + 3, 2, 0, 3, 50));
        Assert.That(Receive(peer), Is.EqualTo(new byte[] { 42, 50 }));
        Assert.That(peer.Association.Drops[SctpDropReason.StreamResetPending], Is.EqualTo(1));
        peer.Send(RawPeer.Data(Tsn + 1, 1, 1, 3, 43));
        peer.Send(RawPeer.Data(Tsn + 2, 1, 0, 3, 44));
        Assert.That(Receive(peer), Is.EqualTo(new byte[] { 43, 44 }));
    }

    // §4.1: no list means all streams.
    [Test]
    public void Receive_OfAnOutgoingRequestWithoutList_ResetsEveryStream()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn, 1, 0, 3, 1), RawPeer.Data(Tsn + 1, 9, 0, 3, 2));
        peer.Send(Outgoing(Tsn, Tsn + 1));
        Assert.That(Result(peer), Is.EqualTo(Performed));
        peer.Send(RawPeer.Data(Tsn + 2, 1, 0, 3, 3), RawPeer.Data(Tsn + 3, 9, 0, 3, 4));
        Assert.That(Receive(peer), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
    }

    // §4.4 and §5.2: the result that each request gets. The association has 100 streams each way, of which 1 is in use.
    [TestCase(13, 9u, new byte[] { 0, 0, 0, 0, 0, 0, 3, 231, 0, 1 }, BadSequenceNumber, TestName = "Receive_OfAnOutgoingRequestOutOfSequence_IsBadSequenceNumber")]
    [TestCase(13, 0u, new byte[] { 0, 0, 0, 0, 0, 0, 3, 231, 0, 100 }, WrongSsn, TestName = "Receive_OfAnOutgoingRequestForNoStream_IsWrongSsn")]
    [TestCase(14, 0u, new byte[] { 0, 200 }, WrongSsn, TestName = "Receive_OfAnIncomingRequestForNoStream_IsWrongSsn")]
    [TestCase(14, 0u, new byte[] { 0, 2 }, NothingToDo, TestName = "Receive_OfAnIncomingRequestForAnUnusedStream_IsNothingToDo")]
    [TestCase(14, 7u, new byte[] { 0, 1 }, BadSequenceNumber, TestName = "Receive_OfAnIncomingRequestOutOfSequence_IsBadSequenceNumber")]
    [TestCase(14, 0u, new byte[] { 0, 1 }, InProgress, TestName = "Receive_OfAnIncomingRequestForABusyStream_IsInProgress")]
    [TestCase(15, 0u, new byte[0], Denied, TestName = "Receive_OfAnSsnTsnRequest_IsDenied")]
    [TestCase(17, 0u, new byte[] { 0, 5, 0, 0 }, Performed, TestName = "Receive_OfAnAddOutgoingRequest_IsPerformed")]
    [TestCase(17, 0u, new byte[] { 255, 255, 0, 0 }, Denied, TestName = "Receive_OfAnAddOutgoingRequestBeyondTheLimit_IsDenied")]
    [TestCase(17, 0u, new byte[] { 0, 0, 0, 0 }, Denied, TestName = "Receive_OfAnAddOutgoingRequestForNone_IsDenied")]
    [TestCase(18, 0u, new byte[] { 0, 5, 0, 0 }, Denied, TestName = "Receive_OfAnAddIncomingRequest_IsDenied")]
    public void Receive_OfARequest_IsAnswered(byte type, uint numberOffset, byte[] rest, int result)
    {
        RawPeer peer = RawPeer.Connected();
        peer.Association.Send(1, 53, new byte[10], default, peer.Now);
        peer.Read();
        byte[] request = Request(type, [.. RawPeer.U32(Tsn + numberOffset), .. rest]);
        peer.Send(request);
        Assert.That(Result(peer), Is.EqualTo(result));
        peer.Send(request);
        Assert.That(Result(peer), Is.EqualTo(result), "§5.2.1: the same request has the same answer");
    }

    // §3.1, §4: what is not well-formed is not answered.
    [TestCase(new byte[] { })]
    [TestCase(new byte[] { 0, 13, 0, 4 })]
    [TestCase(new byte[] { 0, 13, 0, 12, 0, 0, 3, 232, 0, 0, 0, 0 })]
    [TestCase(new byte[] { 0, 13, 0, 17, 0, 0, 3, 232, 0, 0, 0, 0, 0, 0, 3, 231, 1, 0, 0, 0 })]
    [TestCase(new byte[] { 0, 17, 0, 10, 0, 0, 3, 232, 0, 1 })]
    [TestCase(new byte[] { 0, 99, 0, 8, 0, 0, 3, 232 })]
    [TestCase(new byte[] { 0, 16, 0, 12, 0, 0, 0, 0, 0, 0, 0, 1 })]
    public void Receive_OfMalformedReconfig_IsSilent(byte[] value)
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Chunk(130, 0, value));
        Assert.That(peer.ReadChunks(), Is.Empty);
        Assert.That(peer.Association.Drops[SctpDropReason.InvalidReconfig], Is.EqualTo(1));
    }

    // §5.2.5: the streams that were added can be used.
    [Test]
    public void Receive_OfAddOutgoingStreams_TakesDataOnThem()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(Request(17, [.. RawPeer.U32(Tsn), 0, 5, 0, 0]));
        Assert.That(peer.Association.InboundStreams, Is.EqualTo(105));
        peer.Send(RawPeer.Data(Tsn, 104, 0, 3, 7));
        Assert.That(Receive(peer), Is.EqualTo(new byte[] { 7 }));
    }

    // §5.2.3: our outgoing request is the answer, once the stream has drained; it copies the streams and names the request.
    [Test]
    public void Receive_OfAnIncomingRequest_IsAnsweredByAnOutgoingOne([Values] bool forAll)
    {
        RawPeer peer = RawPeer.Connected();
        peer.Association.Send(1, 53, new byte[10], default, peer.Now);
        peer.Association.Send(4, 53, new byte[10], default, peer.Now);
        peer.Read();
        byte[] request = Request(14, [.. RawPeer.U32(Tsn), .. forAll ? (byte[])[] : [0, 4]]);
        peer.Send(request);
        Assert.That(Result(peer), Is.EqualTo(InProgress));
        peer.Send(RawPeer.Sack(peer.PeerInitialTsn + 1, 1 << 20));
        byte[] ours = peer.ReadChunks().Single(c => c.Type == 130).Value;
        byte[] expected = [.. RawPeer.U32(peer.PeerInitialTsn), .. RawPeer.U32(Tsn), .. RawPeer.U32(peer.PeerInitialTsn + 1), .. forAll ? (byte[])[] : [0, 4]];
        Assert.That(ours.AsSpan(4, expected.Length).ToArray(), Is.EqualTo(expected));
        peer.Send(request);
        Assert.That(peer.ReadChunks().Single(c => c.Type == 130).Value, Is.EqualTo(ours), "§5.2.1: sent again");
        peer.Send(Response(peer.PeerInitialTsn, Performed));
        List<SctpEvent> events = Events(peer);
        Assert.That(events.Select(e => e.Kind), Is.All.EqualTo(SctpEventKind.OutgoingStreamReset));
        Assert.That(events.Select(e => (int)e.Stream), Is.EqualTo(forAll ? new[] { 1, 4 } : [4]));
        peer.Association.Send(4, 53, new byte[10], default, peer.Now);
        Assert.That(peer.ReadChunks().Single(c => c.Type == 0).Value.AsSpan(4, 4).ToArray(), Is.EqualTo(new byte[] { 0, 4, 0, 0 }), "from 0 again");
    }

    // §5.2.3: ours was on its way already.
    [Test]
    public void Receive_OfAnIncomingRequestForWhatIsBeingReset_IsNothingToDo()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Association.Send(1, 53, new byte[10], default, peer.Now);
        peer.Read();
        peer.Send(RawPeer.Sack(peer.PeerInitialTsn, 1 << 20));
        peer.Association.ResetStreams([1]);
        Assert.That(peer.ReadChunks().Single().Type, Is.EqualTo(130));
        peer.Send(Request(14, [.. RawPeer.U32(Tsn), 0, 1]));
        Assert.That(Result(peer), Is.EqualTo(NothingToDo));
    }

    // §5.1.1, §5.2.7 H2: repeated with back-off; "in progress" is asked again without counting as an error.
    [Test]
    public void ResetStreams_WithoutAnswer_IsRepeatedUnlessThePeerIsStillAtIt()
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { MaxRetransmits = 2, HeartbeatInterval = TimeSpan.Zero });
        peer.Association.ResetStreams([1]);
        byte[] first = peer.ReadChunks().Single().Value;
        for (int i = 0; i < 20; i++)
        {
            peer.Send(Response(peer.PeerInitialTsn, InProgress));
            peer.Now = peer.Association.NextTimeout;
            peer.Association.AdvanceTo(peer.Now);
            Assert.That(peer.ReadChunks().Single().Value, Is.EqualTo(first));
        }
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Established));
        for (int i = 0; i < 3; i++)
        {
            peer.Now = peer.Association.NextTimeout;
            peer.Association.AdvanceTo(peer.Now);
            peer.Read();
        }
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Closed));
    }

    // §5.2.7 H3, H4.
    [TestCase(NothingToDo, SctpEventKind.OutgoingStreamReset)]
    [TestCase(Performed, SctpEventKind.OutgoingStreamReset)]
    [TestCase(Denied, SctpEventKind.StreamResetDenied)]
    [TestCase(WrongSsn, SctpEventKind.StreamResetDenied)]
    [TestCase(BadSequenceNumber, SctpEventKind.StreamResetDenied)]
    [TestCase(77, SctpEventKind.StreamResetDenied)]
    public void Receive_OfTheResponse_EndsTheReset(int result, SctpEventKind kind)
    {
        RawPeer peer = RawPeer.Connected();
        peer.Association.ResetStreams([1]);
        peer.Read();
        peer.Send(Response(peer.PeerInitialTsn + 1, result));
        Assert.That(Events(peer), Is.Empty, "of another request");
        peer.Send(Response(peer.PeerInitialTsn, result));
        Assert.That(Events(peer), Is.EqualTo(new[] { new SctpEvent(kind, 1) }));
        peer.Send(Response(peer.PeerInitialTsn, result));
        Assert.That(Events(peer), Is.Empty, "once");
        Assert.That(peer.Association.Send(1, 53, new byte[1], default, peer.Now), Is.EqualTo(SctpSendResult.Queued));
    }

    // §5.1.1: not without the peer's support.
    [Test]
    public void ResetStreams_WithAPeerThatDoesNotKnowIt_IsDenied([Values] bool incoming)
    {
        RawPeer peer = new();
        peer.Handshake(RawPeer.Tag, [0xC0, 0, 0, 4]);
        Events(peer);
        if (incoming) peer.Association.RequestIncomingReset([3]);
        else peer.Association.ResetStreams([3]);
        Assert.That(peer.ReadChunks(), Is.Empty);
        Assert.That(Events(peer), Is.EqualTo(new[] { new SctpEvent(SctpEventKind.StreamResetDenied, 3) }));
    }

    // §5.1.3, §5.2.2 E1, both directions at once, over bad paths and in both kinds of chunks.
    [TestCaseSource(typeof(Seeds), nameof(Seeds.Range), new object[] { 10 })]
    public void RequestIncomingReset_OverABadPath_ResetsBothDirections(int seed)
    {
        VirtualTime time = new(seed);
        SctpOptions options = new() { MaxRetransmits = 50, MaxInitRetransmits = 50, Interleaving = seed % 2 == 0 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random);
        LayerPair pair = new(time, left, right, PathOptions.Draw(time.Random));
        left.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => left.Saw(SctpEventKind.Established) && right.Saw(SctpEventKind.Established), s_limit));
        for (byte round = 0; round < 3; round++)
        {
            for (byte i = 0; i < 5; i++)
            {
                left.Association.Send(3, 53, [round, i], default, time.Now);
                right.Association.Send(3, 53, [round, i], default, time.Now);
            }
            left.Association.RequestIncomingReset([3]);
            left.Association.ResetStreams([3]);
            int expected = round + 1;
            Assert.That(pair.RunUntil(() => Count(left, SctpEventKind.IncomingStreamReset) == expected && Count(right, SctpEventKind.OutgoingStreamReset) == expected, s_limit), time.Timeline);
            Assert.That(pair.RunUntil(() => Count(right, SctpEventKind.IncomingStreamReset) == expected && Count(left, SctpEventKind.OutgoingStreamReset) == expected, s_limit), time.Timeline);
        }
        byte[][] sent = [.. Enumerable.Range(0, 15).Select(i => new[] { (byte)(i / 5), (byte)(i % 5) })];
        Assert.That(left.Messages.Select(m => m.Bytes), Is.EqualTo(sent));
        Assert.That(right.Messages.Select(m => m.Bytes), Is.EqualTo(sent));
    }

    private static int Count(SctpEndpoint endpoint, SctpEventKind kind) => endpoint.Events.Count(e => e.Kind == kind);

    private static byte[] Outgoing(uint number, uint lastTsn, params ushort[] streams) =>
        Request(13, [.. RawPeer.U32(number), .. RawPeer.U32(0), .. RawPeer.U32(lastTsn), .. streams.SelectMany(RawPeer.U16)]);

    private static byte[] Request(byte type, byte[] value) =>
        RawPeer.Chunk(130, 0, [0, type, .. RawPeer.U16((ushort)(4 + value.Length)), .. value, .. new byte[-value.Length & 3]]);

    private static byte[] Response(uint number, int result) => Request(16, [.. RawPeer.U32(number), .. RawPeer.U32((uint)result)]);

    private static int Result(RawPeer peer) =>
        peer.ReadChunks().Where(c => c.Type == 130 && c.Value[1] == 16).Select(c => (int)c.Value[11]).LastOrDefault(-1);

    private static List<SctpEvent> Events(RawPeer peer)
    {
        List<SctpEvent> events = [];
        while (peer.Association.TryReadEvent(out SctpEvent e))
        {
            if (e.Kind != SctpEventKind.BufferedAmountLow) events.Add(e);
        }
        return events;
    }

    private static byte[] Receive(RawPeer peer)
    {
        List<byte> bytes = [];
        while (peer.Association.TryReceive(out SctpMessage message))
        {
            bytes.Add(message.Payload.Span[0]);
            message.Payload.Dispose();
        }
        return [.. bytes];
    }
}
