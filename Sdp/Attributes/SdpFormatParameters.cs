using System.Collections;

namespace WebRtcStack.Sdp;

/// <summary>The parameters of an <c>a=fmtp</c> line (RFC 8866 §6.15), as <c>key=value;key=value</c>, or one value without keys.</summary>
public sealed class SdpFormatParameters : IReadOnlyList<KeyValuePair<string, string?>>, IEquatable<SdpFormatParameters>
{
    private readonly List<KeyValuePair<string, string?>> _parameters = [];

    /// <summary>No parameters.</summary>
    public static SdpFormatParameters Empty { get; } = new("");

    /// <summary>Reads what stands behind the format on the line; any text is accepted.</summary>
    public SdpFormatParameters(string text)
    {
        Text = Core.Require.NotNull(text);
        foreach (string part in text.Split(';'))
        {
            string parameter = part.Trim();
            if (parameter.Length == 0) continue;
            int equals = parameter.IndexOf('=');
            _parameters.Add(equals < 0
                ? new KeyValuePair<string, string?>(parameter, null)
                : new KeyValuePair<string, string?>(parameter[..equals].Trim(), parameter[(equals + 1)..].Trim()));
        }
    }

    /// <summary>The parameters verbatim.</summary>
    public string Text { get; }

    /// <inheritdoc/>
    public int Count => _parameters.Count;

    /// <summary>The parameter at <paramref name="index"/>; its value is null when it has no "=".</summary>
    public KeyValuePair<string, string?> this[int index] => _parameters[index];

    /// <summary>The value of a parameter, whose name is compared without case; null when it is not there.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (KeyValuePair<string, string?> parameter in _parameters)
            {
                if (string.Equals(parameter.Key, name, StringComparison.OrdinalIgnoreCase)) return parameter.Value;
            }
            return null;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string?>> GetEnumerator() => _parameters.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(SdpFormatParameters? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SdpFormatParameters);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
