using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Passwords;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Audit;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Demo;

/// <summary>
/// Organisation "demo" with one user a built-in role, so that a fresh mesh can be tried at once. Repeatable: what is there stays,
/// only the passwords follow the configuration.
/// </summary>
internal sealed partial class DemoSeed(
    AuthDatabase database, PasswordHasher hasher, IOptions<DemoOptions> options, IHostEnvironment environment, ILogger<DemoSeed> logger) : IHostedService
{
    private const string Organisation = "demo";
    private static readonly string[] Roles = ["viewer", "member", "admin"];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var isGiven = options.Value.Password.Length > 0;
        if (!(options.Value.Enabled ?? (environment.IsDevelopment() && isGiven))) return;
        if (!isGiven) throw new InvalidOperationException("Demo:Enabled is set, but Demo:Password is missing.");

        await using var transaction = await database.BeginAsync(Organisation, cancellationToken);

        // Replicas start together, and there is no row yet to wait at. Any number; the lock is of this database only.
        await transaction.ExecuteAsync("select pg_advisory_xact_lock(4202)", new { }, cancellationToken);
        if (await OrganisationStore.FindAsync(transaction, cancellationToken) is null)
            await OrganisationStore.InsertAsync(transaction, "Demo", Tier.Professional, cancellationToken);
        foreach (var role in Roles) await SeedUserAsync(transaction, role, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Log.Seeded(logger);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task SeedUserAsync(AuthTransaction transaction, string role, CancellationToken cancellationToken)
    {
        var address = $"{role}@demo.aimesh";
        var storedHash = await transaction.QueryOneAsync<string>(
            "select password_hash from users where organisation = @Organisation and email_key = @address",
            new { transaction.Organisation, address }, cancellationToken);
        using var turn = (await hasher.TakeTurnAsync(cancellationToken)).Value;
        if (storedHash is not null && (await turn.VerifyAsync(options.Value.Password, storedHash)).Matches) return;

        var passwordHash = await turn.HashAsync(options.Value.Password);
        if (storedHash is not null)
        {
            await transaction.ExecuteAsync(
                "update users set password_hash = @passwordHash where organisation = @Organisation and email_key = @address",
                new { transaction.Organisation, address, passwordHash }, cancellationToken);
            return;
        }

        var displayName = $"Demo {role}";
        var user = await UserStore.InsertAsync(
            transaction, new NewUser(new EmailAddress(address, address), displayName, passwordHash) { Roles = [role] }, cancellationToken);
        await transaction.WriteAsync(new AuditEntry("user.create", null, user.Value.Id), cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The demo organisation is there: viewer@, member@ and admin@demo.aimesh")]
        public static partial void Seeded(ILogger logger);
    }
}
