using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>Time-limited credentials that a web service hands out and every TURN server with its secret accepts (draft-uberti-behave-turn-rest §2.2).</summary>
/// <param name="Username">"expiry:user", the expiry in seconds of Unix time.</param>
/// <param name="Password">base64(HMAC-SHA1(secret, user name)).</param>
public sealed record TurnRestCredentials(string Username, string Password)
{
    /// <summary>Makes credentials.</summary>
    /// <param name="secret">What the web service and the TURN servers share.</param>
    /// <param name="user">Whom they are for; may be empty.</param>
    /// <param name="expiry">Until when new allocations can be made with them.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static TurnRestCredentials Create(string secret, string user, DateTimeOffset expiry)
    {
        Require.NotNull(user);
        string seconds = expiry.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string username = user.Length == 0 ? seconds : $"{seconds}:{user}";
        return new TurnRestCredentials(username, PasswordFor(secret, username));
    }

    /// <summary>The password that belongs to a user name.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "HMAC-SHA1 is what web services and TURN servers have agreed on.")]
    internal static string PasswordFor(string secret, string username)
    {
        byte[] key = Encoding.UTF8.GetBytes(Require.NotNull(secret));
        using HMACSHA1 hmac = new(key);
        byte[] mac = hmac.ComputeHash(Encoding.UTF8.GetBytes(username));
        Array.Clear(key, 0, key.Length);
        return Convert.ToBase64String(mac);
    }

    /// <summary>Takes a user name apart.</summary>
    /// <returns>False when it does not start with a time.</returns>
    internal static bool TryParse(string username, out long expiry, out string user)
    {
        int colon = username.IndexOf(':');
        user = colon < 0 ? "" : username[(colon + 1)..];
        return long.TryParse(colon < 0 ? username : username[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out expiry);
    }

    /// <summary>The user name; the password is not for logs.</summary>
    public override string ToString() => Username;
}
