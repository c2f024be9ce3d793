using System.Text;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.AuthService.Privacy;

/// <summary>
/// <c>verify-receipt file --keys file [--user id]</c>: verifies a receipt without any server, by the keys that were fetched from
/// <c>/.well-known/receipt-keys.json</c>. Prints what it says.
/// </summary>
internal static class VerifyReceiptCommand
{
    public const string Name = "verify-receipt";

    private const int Valid = 0;
    private const int Invalid = 1;
    private const int NotVerified = 2;

    /// <returns>The exit code: 0 valid; 1 not valid, or about somebody else; 2 not verified.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        if (args is not [_, var file, "--keys", var keyFile, .. var rest] || rest is not ([] or ["--user", _]))
        {
            await errors.WriteLineAsync($"Not verified: say {Name} <receipt file> --keys <key file> [--user <id>].");
            return NotVerified;
        }

        try
        {
            if (!AccessTokenKeySet.TryParse(await File.ReadAllBytesAsync(keyFile), out var keys))
            {
                await errors.WriteLineAsync($"Not verified: {keyFile} is no JWKS document.");
                return NotVerified;
            }

            var receipt = (await File.ReadAllTextAsync(file)).Trim();
            if (!SignedStatement.TryVerify(keys, Receipts.Type, receipt, out var statement, out var problem))
            {
                await errors.WriteLineAsync($"This is no receipt of this mesh: {problem}.");
                return Invalid;
            }

            await output.WriteLineAsync(Encoding.UTF8.GetString(statement));
            if (rest is not [_, var user] || Receipts.Concerns(statement, user)) return Valid;
            await errors.WriteLineAsync("The receipt is good, and about somebody else.");
            return Invalid;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"Not verified: {exception.Message}");
            return NotVerified;
        }
    }
}
