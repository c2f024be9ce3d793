using System.Security.Cryptography;
using System.Text;

namespace AiMesh.DataService.Stores.Backup;

/// <summary>
/// The lines of a backup: JSON Lines in UTF-8, the first with the member "header", then one with "item" for each item in order of id, the last with "end". The member
/// "sum" of each is the beginning of the SHA-256 of the line before's and of this one's content, so that a line that is changed, missing, doubled or moved is
/// found where it is.
/// </summary>
internal sealed class BackupLine
{
    public const string Header = "header";
    public const string Item = "item";
    public const string End = "end";

    private const int SumLength = 16;
    private const string Opening = "{\"sum\":\"";

    private string _last = "";

    /// <summary>The next line, without its end.</summary>
    public byte[] Write(string kind, ReadOnlySpan<byte> content)
    {
        _last = Sum(kind, content);
        return [.. Encoding.UTF8.GetBytes($"{Opening}{_last}\",\"{kind}\":"), .. content, (byte)'}'];
    }

    /// <summary>Kind and content of the next line; null where it is not as it was written.</summary>
    public (string Kind, byte[] Content)? Read(ReadOnlySpan<byte> line)
    {
        foreach (var kind in (ReadOnlySpan<string>)[Item, Header, End])
        {
            var length = Opening.Length + SumLength + kind.Length + 5;
            if (line.Length <= length || line[^1] != '}') continue;
            var content = line[length..^1];
            var sum = Sum(kind, content);
            if (Encoding.UTF8.GetString(line[..length]) != $"{Opening}{sum}\",\"{kind}\":") continue;
            _last = sum;
            return (kind, content.ToArray());
        }

        return null;
    }

    private string Sum(string kind, ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes($"{_last} {kind} "), .. content]))[..SumLength];
}
