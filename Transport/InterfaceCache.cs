using System.Net.NetworkInformation;

namespace WebRtcStack.Transport;

/// <summary>Remembers the machine's addresses for a moment: asking the system takes milliseconds, and each connection asks.</summary>
/// <param name="duration">How long they are remembered.</param>
/// <param name="clock">The clock.</param>
/// <param name="enumerate">Asks the system.</param>
internal sealed class InterfaceCache(TimeSpan duration, TimeProvider clock, Func<IReadOnlyList<LocalInterfaceAddress>> enumerate) : IDisposable
{
    private readonly object _gate = new();
    private IReadOnlyList<LocalInterfaceAddress>? _known;
    private long _at;
    private bool _isWatching, _isDisposed;

    /// <summary>Is raised, on a thread of the system's, after the addresses may have changed; <see cref="Get"/> then tells the new ones.</summary>
    public event Action? Changed;

    public IReadOnlyList<LocalInterfaceAddress> Get()
    {
        lock (_gate)
        {
            if (_known is null || clock.GetElapsedTime(_at) >= duration) (_known, _at) = (enumerate(), clock.GetTimestamp());
            return _known;
        }
    }

    /// <summary>Forgets what is known, and says so.</summary>
    public void Invalidate()
    {
        lock (_gate) _known = null;
        Changed?.Invoke();
    }

    /// <summary>Has the system say when addresses come and go, where it can. Repeated calls are harmless.</summary>
    public void Watch()
    {
        lock (_gate)
        {
            if (_isWatching || _isDisposed) return;
            _isWatching = true;
            try
            {
                NetworkChange.NetworkAddressChanged += AddressChanged;
                NetworkChange.NetworkAvailabilityChanged += AvailabilityChanged;      // a link that goes down keeps its IPv4 addresses
            }
            catch (PlatformNotSupportedException) { }       // consent freshness finds out in time
            catch (NetworkInformationException) { }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            if (!_isWatching) return;
            NetworkChange.NetworkAddressChanged -= AddressChanged;
            NetworkChange.NetworkAvailabilityChanged -= AvailabilityChanged;
        }
    }

    private void AddressChanged(object? sender, EventArgs e) => Invalidate();

    private void AvailabilityChanged(object? sender, NetworkAvailabilityEventArgs e) => Invalidate();
}
