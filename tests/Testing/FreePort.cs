using System.Net;
using System.Net.Sockets;

namespace AiMesh.Testing;

/// <summary>Ports that nobody listens on.</summary>
public static class FreePort
{
    // Below the range the kernel takes for outgoing connections (32768 and up), so none of those can snatch the port.
    private const int First = 10_000;
    private const int Last = 32_767;

    private static readonly HashSet<int> Given = [];

    /// <summary>A TCP port between 10000 and 32767 that is free on every address and was not given before in this process.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last + 1);
            lock (Given)
            {
                if (Given.Contains(port) || !IsFree(port))
                    continue;

                Given.Add(port);
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
