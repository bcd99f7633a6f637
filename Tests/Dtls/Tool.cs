using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Interop;

namespace WebRtcStack.Tests.Dtls;

/// <summary>A command line program as a peer: its output is kept, its input written to, and it ends with the test.</summary>
internal sealed class Tool : IDisposable
{
    private readonly Process _process;
    private readonly string _pem;
    private readonly StringBuilder _output = new();

    private Tool(Process process, string pem)
    {
        (_process, _pem) = (process, pem);
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Whether it has ended; then all that it printed is in <see cref="Output"/>.</summary>
    public bool HasExited
    {
        get
        {
            if (!_process.HasExited) return false;
            _process.WaitForExit();                      // for the ends of its output
            return true;
        }
    }

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Starts a program, or skips the test where it is not installed.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="install">How to install it.</param>
    /// <param name="arguments">What it is to do.</param>
    /// <param name="certificateArguments">Arguments with {0} where the file with certificate and key belongs.</param>
    /// <param name="certificate">Its certificate.</param>
    public static Tool Start(string program, string install, string arguments, string certificateArguments, DtlsCertificate certificate)
    {
        return Run(RealPeer.Require([program], null, install), $"{arguments} {certificateArguments}", certificate);
    }

    /// <summary>Starts a program that is known to exist.</summary>
    public static Tool Run(string path, string arguments, DtlsCertificate certificate)
    {
        string pem = Path.GetTempFileName();
        File.WriteAllText(pem, certificate.ExportPem());
        ProcessStartInfo start = new(path, string.Format(CultureInfo.InvariantCulture, arguments, pem))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new Tool(Process.Start(start)!, pem);
    }

    public void WriteLine(string line)
    {
        _process.StandardInput.Write(line + "\n");
        _process.StandardInput.Flush();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(_pem);
    }

    private void Append(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }
}
