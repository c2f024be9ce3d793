using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.AuthService.Clients;

/// <summary>The secret of a client: 256 random bits behind a prefix by which scanners for leaked secrets recognise it.</summary>
internal sealed class ClientSecret
{
    private const string Start = "amcs_";

    private readonly string _text = Start + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>All that is kept of it, which is enough for a secret that nobody can guess.</summary>
    public byte[] Hash => HashOf(_text);

    /// <summary>Whatever somebody sent, in the time of any other wrong secret.</summary>
    public static bool Matches(string text, byte[] hash) => CryptographicOperations.FixedTimeEquals(HashOf(text), hash);

    /// <summary>As it is shown, once.</summary>
    public override string ToString() => _text;

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
