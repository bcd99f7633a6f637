using System.IO;

namespace WebRtcStack.Tests.Stun;

internal static class Vectors
{
    public static byte[] Load(string name)
    {
        string text = File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", name + ".hex"));
        return Convert.FromHexString(text.Replace(" ", "").Replace("\n", "").Replace("\r", ""));
    }
}
