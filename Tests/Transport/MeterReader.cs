using System.Diagnostics.Metrics;

namespace WebRtcStack.Tests.Transport;

/// <summary>Adds up what the instruments of the meter "WebRtcStack" measure, while it lives. They are the process's: tests that use it run alone.</summary>
internal sealed class MeterReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _sums = [];
    private readonly HashSet<string> _measured = [];

    public MeterReader()
    {
        _listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name != "WebRtcStack") return;
            lock (_sums) _ = Instruments.Add(instrument.Name);
            self.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The names of all instruments that are there.</summary>
    public HashSet<string> Instruments { get; } = [];

    /// <summary>What an instrument has counted since the start, of one reason or of all.</summary>
    public double Sum(string instrument, string? reason = null)
    {
        lock (_sums) return _sums.GetValueOrDefault(reason is null ? instrument : $"{instrument} {reason}");
    }

    /// <summary>Whether an instrument has measured anything, be it zero.</summary>
    public bool Has(string instrument)
    {
        _listener.RecordObservableInstruments();
        lock (_sums) return _measured.Contains(instrument);
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_sums)
        {
            _measured.Add(instrument.Name);
            _sums[instrument.Name] = _sums.GetValueOrDefault(instrument.Name) + value;
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                string key = $"{instrument.Name} {tag.Value}";
                _sums[key] = _sums.GetValueOrDefault(key) + value;
            }
        }
    }
}
