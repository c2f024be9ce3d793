using System.Buffers.Text;
using System.Text;
using AiMesh.AuthService.Keys;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Storage;

/// <summary>
/// Page tokens (AIP-158): where the next page begins, encrypted and bound to the caller and the list, so that nobody can read,
/// forge or carry over one.
/// </summary>
internal sealed class PageTokens(MasterKeyRing masterKeys)
{
    private const int MaxLength = 4096;

    private const int DefaultSize = 50;
    private const int MaxSize = 1000;

    private readonly byte[] _key = masterKeys.Current.KeyFor("page tokens");

    /// <summary>The page that a request asks for, or which of its two fields is wrong.</summary>
    public Result<Page> Open(Principal caller, string list, int size, string token)
    {
        if (size is < 0 or > MaxSize) return new InvalidField("page_size", $"must be 1 to {MaxSize}, or 0 for {DefaultSize}");
        if (token.Length == 0) return new Page(size == 0 ? DefaultSize : size, "");
        return Read(caller, list, token) is { } after
            ? new Page(size == 0 ? DefaultSize : size, after)
            : new InvalidField("page_token", "must be the next_page_token of an answer to you");
    }

    public string Write(Principal caller, string list, string position) =>
        Base64Url.EncodeToString(SealedBox.Seal(_key, Encoding.UTF8.GetBytes(position), PurposeOf(caller, list)));

    /// <summary>The position, or null when the token is not one of this caller and list.</summary>
    public string? Read(Principal caller, string list, string token)
    {
        if (token.Length > MaxLength || !Base64Url.IsValid(token)) return null;
        return SealedBox.Open(_key, Base64Url.DecodeFromChars(token), PurposeOf(caller, list)) is { } position ? Encoding.UTF8.GetString(position) : null;
    }

    private static byte[] PurposeOf(Principal caller, string list) => Encoding.UTF8.GetBytes($"{list}\0{caller.Organisation}\0{caller.Subject}");
}
