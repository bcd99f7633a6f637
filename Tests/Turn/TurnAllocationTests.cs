using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

[TestFixture]
internal sealed class TurnAllocationTests
{
    private static readonly TransportAddress s_client = TransportAddress.FromIPv4(0xC0000201, 5000);
    private static readonly TransportAddress s_server = TransportAddress.FromIPv4(0xCB007101, 3478);
    private static readonly TransportAddress s_peer = TransportAddress.FromIPv4(0xC6336401, 7000);

    private VirtualTime _time = null!;
    private TurnServerModel _server = null!;
    private TurnAllocation _allocation = null!;
    private SimulatedPath _up = null!;
    private SimulatedPath _down = null!;
    private List<byte[]> _atPeer = null!;
    private List<byte[]> _fromPeer = null!;

    [SetUp]
    public void SetUp() => Start(1, new PathOptions());

    [TearDown]
    public void TearDown() => _allocation.Dispose();

    [Test]
    public void Allocate_WhenChallenged_RepeatsWithCredentials()
    {
        RunUntil(() => _allocation.State == TurnAllocationState.Allocated);
        Assert.Multiple(() =>
        {
            Assert.That(_allocation.RelayedAddress.HasSameAddressAs(s_server));
            Assert.That(_allocation.MappedAddress, Is.EqualTo(s_client));
        });
    }

    [Test]
    public void Allocate_OverALossyPath_Succeeds([ValueSource(nameof(SomeSeeds))] int seed)
    {
        Start(seed, new PathOptions { Loss = 0.2, Duplication = 0.2, Reordering = 0.2 });
        RunUntil(() => _allocation.State == TurnAllocationState.Allocated);
    }

    [TestCase(StunErrorCode.AllocationQuotaReached)]
    [TestCase(StunErrorCode.InsufficientCapacity)]
    [TestCase(StunErrorCode.AllocationMismatch)]
    [TestCase(StunErrorCode.Forbidden)]
    public void Allocate_WhenRefused_FailsWithTheCode(StunErrorCode code)
    {
        _server.Refusal = code;
        RunUntil(() => _allocation.State == TurnAllocationState.Failed);
        Assert.That(_allocation.ErrorCode, Is.EqualTo(code));
    }

    [Test]
    public void Allocate_WithTheWrongPassword_FailsAfterOneTry()
    {
        Start(1, new PathOptions(), "wrong");
        RunUntil(() => _allocation.State == TurnAllocationState.Failed);
        Assert.That(_allocation.ErrorCode, Is.EqualTo(StunErrorCode.Unauthenticated));
        Assert.That(_up.Sent, Is.EqualTo(2));
    }

    [Test]
    public void Allocate_WhenNobodyAnswers_FailsAfterSevenRequests()
    {
        _server.IsSilent = true;
        Instant start = _time.Now;
        RunUntil(() => _allocation.State == TurnAllocationState.Failed);
        Assert.That(_up.Sent, Is.EqualTo(7));
        Assert.That(_time.Now - start, Is.EqualTo(TimeSpan.FromSeconds(39.5)));       // RFC 8489 §6.2.1
        Assert.That(_allocation.ErrorCode, Is.EqualTo(StunErrorCode.None));
    }

    [Test]
    public void Allocate_WhenSentToAnotherServer_GoesThere()
    {
        _server.Alternate = TransportAddress.FromIPv4(0xCB007102, 3478);
        RunUntil(() => _allocation.Server == _server.Alternate);
        Assert.That(_allocation.State, Is.EqualTo(TurnAllocationState.Allocating));
    }

    [Test]
    public void Wrap_BeforeAndAfterTheChannelIsBound_ReachesThePeer()
    {
        RunUntil(() => _allocation.State == TurnAllocationState.Allocated);
        _allocation.Permit(s_peer);
        Pump();
        RunUntil(() => _server.Allocations[s_client].Permissions.Count == 1);
        Send("first"u8);
        Assert.That(_allocation.HeaderLength(s_peer), Is.EqualTo(36));
        _allocation.BindChannel(s_peer);
        Pump();
        RunUntil(() => _allocation.HeaderLength(s_peer) == ChannelData.HeaderLength);
        Send("second"u8);
        RunUntil(() => _atPeer.Count == 2);
        Assert.Multiple(() =>
        {
            Assert.That(_atPeer[0], Is.EqualTo("first"u8.ToArray()));
            Assert.That(_atPeer[1], Is.EqualTo("second"u8.ToArray()));
            Assert.That((_server.SendIndicationsRelayed, _server.ChannelDataRelayed), Is.EqualTo((1, 1)));
        });
    }

    [Test]
    public void Receive_FromAPeer_UnwrapsBothForms()
    {
        RunUntil(() => _allocation.State == TurnAllocationState.Allocated);
        _allocation.Permit(s_peer);
        Pump();
        RunUntil(() => _server.Allocations[s_client].Permissions.Count == 1);
        _server.ReceiveFromPeer("one"u8, new NetworkPath(_allocation.RelayedAddress, s_peer), _time.Now);
        _allocation.BindChannel(s_peer);
        Pump();
        RunUntil(() => _server.Allocations[s_client].Channels.Count == 1 && _fromPeer.Count == 1);
        _server.ReceiveFromPeer("two"u8, new NetworkPath(_allocation.RelayedAddress, s_peer), _time.Now);
        RunUntil(() => _fromPeer.Count == 2);
        Assert.That(_fromPeer[0], Is.EqualTo("one"u8.ToArray()));
        Assert.That(_fromPeer[1], Is.EqualTo("two"u8.ToArray()));
    }

    [Test]
    public void WrapAndReceive_OnceTheChannelIsBound_AllocateNothing()
    {
        RunUntil(() => _allocation.State == TurnAllocationState.Allocated);
        _allocation.BindChannel(s_peer);
        Pump();
        RunUntil(() => _allocation.HeaderLength(s_peer) == ChannelData.HeaderLength);
        byte[] buffer = new byte[200];
        long best = long.MaxValue;
        for (int round = 0; round < 20 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                int length = _allocation.Wrap(buffer, 100, s_peer);
                if (!_allocation.Receive(buffer.AsSpan(0, length), _time.Now, out _, out int size, out _) || size != 100)
                    throw new InvalidOperationException("What was wrapped is unwrapped.");
            }
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(best, Is.Zero);
    }

    [Test]
    public void Renewal_ForAnHour_KeepsAllocationPermissionAndChannel()
    {
        RunUntil(() => _allocation.State == TurnAllocationState.Allocated);
        _allocation.BindChannel(s_peer);
        Pump();
        for (int i = 0; i < 60; i++)
        {
            _time.RunFor(TimeSpan.FromMinutes(1));
            if (i == 20) _server.ChangeNonce();                           // 438: the client goes on with the new one
            Send("x"u8);
        }
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_atPeer, Has.Count.EqualTo(60));
        Assert.That(_allocation.State, Is.EqualTo(TurnAllocationState.Allocated));
    }

    [Test]
    public void Refresh_WhenTheServerForgot_Fails()
    {
        RunUntil(() => _allocation.State == TurnAllocationState.Allocated);
        _server.LoseAllocations();
        RunUntil(() => _allocation.State == TurnAllocationState.Failed);
        Assert.That(_allocation.ErrorCode, Is.EqualTo(StunErrorCode.AllocationMismatch));
    }

    [Test]
    public void Close_WhenAllocated_DeletesTheAllocation()
    {
        RunUntil(() => _allocation.State == TurnAllocationState.Allocated);
        _allocation.Close();
        Pump();
        RunUntil(() => _allocation.State == TurnAllocationState.Closed);
        Assert.That(_server.Allocations, Is.Empty);
        Assert.That(_allocation.NextTimeout.IsNever);
    }

    [FsCheck.NUnit.Property]
    public void Receive_OnAnyBytes_Survives(byte[] message)
    {
        _allocation.Receive(message, _time.Now, out int offset, out int length, out _);
        Assert.That(offset + length, Is.LessThanOrEqualTo(message.Length));
    }

    [FsCheck.NUnit.Property]
    public void TryGetFrameLength_OnAnyBytes_NeverExceedsTheLongestMessage(byte[] stream)
    {
        if (ChannelData.TryGetFrameLength(stream, out int length)) Assert.That(length, Is.InRange(0, 65540 + 20));
    }

    private static IEnumerable<int> SomeSeeds() => Seeds.Range(20);

    private void Start(int seed, PathOptions path, string password = "pass")
    {
        _time = new VirtualTime(seed);
        _up = new SimulatedPath(_time, "up", path);
        _down = new SimulatedPath(_time, "down", path);
        (_atPeer, _fromPeer) = ([], []);
        _server = new TurnServerModel(s_server, (datagram, way) =>
        {
            if (way.Remote == s_client) _down.Send(datagram, Deliver);
            else _atPeer.Add(datagram);
        });
        _allocation?.Dispose();
        _allocation = new TurnAllocation(
            new TurnAllocationOptions { Server = s_server, Username = "user", Password = password }, _time.Random);
        Pump();
    }

    private void Deliver(byte[] datagram)
    {
        if (_allocation.Receive(datagram, _time.Now, out int offset, out int length, out TransportAddress peer))
        {
            Assert.That(peer, Is.EqualTo(s_peer));
            _fromPeer.Add(datagram[offset..(offset + length)]);
        }
        Pump();
    }

    private void Send(ReadOnlySpan<byte> payload)
    {
        byte[] buffer = new byte[200];
        payload.CopyTo(buffer.AsSpan(_allocation.HeaderLength(s_peer)));
        int length = _allocation.Wrap(buffer, payload.Length, s_peer);
        _up.Send(buffer.AsSpan(0, length), datagram => _server.Receive(datagram, s_client, _time.Now));
    }

    private void Pump()
    {
        byte[] buffer = new byte[1500];
        while (_allocation.Transmit(buffer, _time.Now) is > 0 and int length)
            _up.Send(buffer.AsSpan(0, length), datagram => _server.Receive(datagram, s_client, _time.Now));
        Instant next = _allocation.NextTimeout;
        if (next.IsNever) return;
        _time.Schedule(next, () =>
        {
            if (_allocation.NextTimeout > _time.Now) return;              // an earlier wake-up saw to it
            _allocation.AdvanceTo(_time.Now);
            Pump();
        });
    }

    private void RunUntil(Func<bool> done) => Assert.That(_time.RunUntil(done, TimeSpan.FromMinutes(30)), _time.Timeline);
}
