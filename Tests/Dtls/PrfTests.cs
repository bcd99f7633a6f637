using System.IO;
using System.Linq;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

public sealed class PrfTests
{
    [Test]
    public void Expand_OnThePublishedVector_YieldsItsOutput()
    {
        string path = Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", "tls12-prf-sha256.txt");
        string[] vector = File.ReadLines(path).Single(line => !line.StartsWith('#')).Split(' ');
        byte[] expected = Convert.FromHexString(vector[3]), output = new byte[expected.Length];
        string label = vector[1].Replace('_', ' ');
        Prf.Expand(DtlsHash.Sha256, Convert.FromHexString(vector[0]), label, Convert.FromHexString(vector[2]), output);
        Assert.That(Convert.ToHexString(output), Is.EqualTo(Convert.ToHexString(expected)));
    }
}
