using System.Collections;

namespace WebRtcStack.Sdp;

/// <summary>The attributes of a session or of a media section, in the order of their lines.</summary>
/// <remarks>The lines are the truth: typed attributes are read from them when asked for, so that what we do not know survives unchanged.</remarks>
public sealed class SdpAttributeList : IReadOnlyList<SdpAttribute>
{
    private readonly List<SdpAttribute> _lines = [];

    /// <summary>The number of the first line in the text that they were read from; 1 when they were not read. Not part of the description.</summary>
    internal int FirstLine { get; set; } = 1;

    /// <summary>The number of lines.</summary>
    public int Count => _lines.Count;

    /// <summary>The line at <paramref name="index"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such line.</exception>
    public SdpAttribute this[int index] => _lines[index];

    /// <summary>Adds a property attribute (no value), or one with a value.</summary>
    public void Add(string name, string? value = null) => _lines.Add(new SdpAttribute(name, value));

    /// <summary>Adds a line.</summary>
    public void Add(SdpAttribute attribute) => _lines.Add(attribute);

    /// <summary>Whether there is an attribute of that name.</summary>
    public bool Contains(string name)
    {
        foreach (SdpAttribute line in _lines)
        {
            if (line.Name == name) return true;
        }
        return false;
    }

    /// <summary>The value of the first attribute of that name; null when there is none, or when it has no value.</summary>
    public string? First(string name)
    {
        foreach (SdpAttribute line in _lines)
        {
            if (line.Name == name) return line.Value;
        }
        return null;
    }

    /// <summary>The values of all attributes of that name that have one.</summary>
    public IEnumerable<string> All(string name)
    {
        foreach (SdpAttribute line in _lines)
        {
            if (line.Name == name && line.Value is { } value) yield return value;
        }
    }

    /// <summary>Puts a line before the one at <paramref name="index"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative, or greater than the number of lines.</exception>
    public void Insert(int index, SdpAttribute attribute) => _lines.Insert(index, attribute);

    /// <summary>Removes all attributes of that name.</summary>
    /// <returns>How many there were.</returns>
    public int Remove(string name) => _lines.RemoveAll(line => line.Name == name);

    /// <inheritdoc/>
    public IEnumerator<SdpAttribute> GetEnumerator() => _lines.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
