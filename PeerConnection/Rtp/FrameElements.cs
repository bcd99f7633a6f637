using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>The header extension elements of a frame's packets, as the application has set them.</summary>
internal ref struct FrameElements
{
    private const int MaxDescriptor = 255, Others = 8, Prefix = 4;
    private readonly AudioLevel? _level;
    private readonly VideoOrientation? _orientation;
    private readonly DependencyDescriptor? _descriptor;
    private readonly DependencyDescriptorWriter _writer;
    private readonly FrameDependencyStructure? _structure;

    /// <summary>Begins a frame; its dependency descriptor is written with the structure first, and without after that.</summary>
    public FrameElements(in OutgoingFrame frame, DependencyDescriptorWriter writer)
    {
        (_level, _orientation, _descriptor, _writer) = (frame.AudioLevel, frame.Orientation, frame.Dependencies, writer);
        if (_descriptor is null) return;
        _structure = _descriptor.Structure;
        Span<byte> first = stackalloc byte[MaxDescriptor];
        DependenciesLength = _writer.Write(first, _descriptor) + Prefix;
    }

    /// <summary>Bytes that the dependency descriptor takes of each packet at most; 0 without one.</summary>
    public int DependenciesLength { get; }

    /// <summary>The elements of the next packet, in pooled memory.</summary>
    public readonly MessageLease Next(bool isFirst, bool isLast)
    {
        if (_descriptor is null) return Of(_level, _orientation);
        Span<byte> elements = stackalloc byte[MaxDescriptor + Others], value = stackalloc byte[MaxDescriptor];
        (_descriptor.IsFrameStart, _descriptor.IsFrameEnd, _descriptor.Structure) = (isFirst, isLast, isFirst ? _structure : null);
        int length = RtpHeaderElements.Write(elements, EndToEndExtensions.Dependencies, value[.._writer.Write(value, _descriptor)]);
        _descriptor.Structure = _structure;
        length += Write(elements[length..], _level, _orientation);
        return MessageLease.CopyOf(elements[..length]);
    }

    /// <summary>Those of a packet that an application has made; none when it has set none.</summary>
    public static MessageLease Of(AudioLevel? level, VideoOrientation? orientation)
    {
        if (level is null && orientation is null) return default;
        Span<byte> elements = stackalloc byte[Others];
        return MessageLease.CopyOf(elements[..Write(elements, level, orientation)]);
    }

    private static int Write(Span<byte> elements, AudioLevel? level, VideoOrientation? orientation)
    {
        Span<byte> value = stackalloc byte[1];
        int length = 0;
        if (level is { } l && l.Write(value) == 1) length = RtpHeaderElements.Write(elements, EndToEndExtensions.AudioLevel, value);
        if (orientation is { } o && o.Write(value) == 1) length += RtpHeaderElements.Write(elements[length..], EndToEndExtensions.Orientation, value);
        return length;
    }
}
