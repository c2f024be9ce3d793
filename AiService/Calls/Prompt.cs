using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using AiMesh.AiService.Providers;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Calls;

/// <summary>What one model is given.</summary>
/// <param name="Messages">The conversation.</param>
/// <param name="Options">With <see cref="ChatOptions.ModelId"/> and a bound for the answer.</param>
internal record Prompt(IReadOnlyList<ChatMessage> Messages, ChatOptions Options)
{
    /// <summary>What guards did to it, for the audit.</summary>
    public ImmutableArray<string> Guards { get; init; } = [];

    /// <summary>About how many tokens it has.</summary>
    public long InputTokens { get; } = ApproximateTokens.Of(Messages);

    /// <summary>SHA-256 of the texts of all messages, each followed by a line feed, as UTF-8.</summary>
    public byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var message in Messages)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(message.Text));
            hash.AppendData("\n"u8);
        }

        return hash.GetHashAndReset();
    }
}
