namespace WebRtcStack;

/// <summary>The exception that W3C's algorithms throw, told apart by <see cref="Name"/> (WebIDL §2.8.1).</summary>
public class DOMException : Exception
{
    /// <summary>Creates an exception.</summary>
    /// <param name="name">The W3C name, such as "InvalidStateError".</param>
    /// <param name="message">What is wrong, and what to do.</param>
    public DOMException(string name, string message) : base(message) => Name = name;

    /// <summary>Creates an exception that another has caused.</summary>
    public DOMException(string name, string message, Exception innerException) : base(message, innerException) => Name = name;

    /// <summary>The W3C name: "InvalidStateError", "InvalidAccessError", "OperationError", "SyntaxError", ...</summary>
    public string Name { get; }

    internal static DOMException InvalidState(string message) => new("InvalidStateError", message);

    internal static DOMException InvalidAccess(string message) => new("InvalidAccessError", message);

    internal static DOMException Operation(string message) => new("OperationError", message);

    internal static DOMException InvalidModification(string message) => new("InvalidModificationError", message);

    internal static DOMException Syntax(string message) => new("SyntaxError", message);
}
