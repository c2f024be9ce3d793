using System.Text;
using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.Users;

/// <summary>
/// Brings addresses into their normal form. Unicode normalization takes tables that .NET has only with ICU, so the database does it
/// for the few addresses that are not plain ASCII.
/// </summary>
internal sealed class EmailAddresses(AuthDatabase database)
{
    /// <summary>An address that <see cref="EmailAddress.Check"/> found nothing wrong with.</summary>
    public async ValueTask<EmailAddress> NormalizeAsync(string text, CancellationToken cancellationToken)
    {
        var trimmed = text.Trim();
        return new EmailAddress(await ComposeAsync(trimmed, cancellationToken), await ComposeAsync(EmailAddress.Fold(trimmed), cancellationToken));
    }

    /// <summary>The key of whatever somebody typed; null when no account can have it.</summary>
    public async ValueTask<string?> KeyOfAsync(string text, CancellationToken cancellationToken) =>
        EmailAddress.Check(text.Trim()) is null ? await ComposeAsync(EmailAddress.Fold(text), cancellationToken) : null;

    private async ValueTask<string> ComposeAsync(string text, CancellationToken cancellationToken) => Ascii.IsValid(text)
        ? text
        : await database.QueryOneAsync<string>("select normalize(@text, NFC)", new { text }, cancellationToken) ?? text;
}
