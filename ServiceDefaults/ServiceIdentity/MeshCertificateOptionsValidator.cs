using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>Reports everything that is wrong with the options at once.</summary>
internal sealed class MeshCertificateOptionsValidator(IHostEnvironment environment) : IValidateOptions<MeshCertificateOptions>
{
    public const string TestEnvironment = "Test";

    public ValidateOptionsResult Validate(string? name, MeshCertificateOptions options)
    {
        List<string> problems = [];
        void Check(bool good, string problem)
        {
            if (!good) problems.Add($"{MeshCertificateOptions.Section}:{problem}");
        }

        void CheckFile(string key, string? path) =>
            Check(path is { Length: > 0 } && File.Exists(path), path is { Length: > 0 } ? $"{key}: there is no file '{path}'." : $"{key} must name a file.");

        if (options.Mode == MeshCertificateMode.None)
        {
            Check(
                environment.IsDevelopment() || environment.IsEnvironment(TestEnvironment),
                $"Mode None (plain HTTP between services) is for the environments Development and Test; this one is '{environment.EnvironmentName}'.");
        }
        else
        {
            Check(options.Mode == MeshCertificateMode.Mutual, "Mode must be Mutual or None.");
            CheckFile(nameof(options.CertificatePath), options.CertificatePath);
            CheckFile(nameof(options.KeyPath), options.KeyPath);
            CheckFile(nameof(options.AuthorityPath), options.AuthorityPath);
        }

        Check(IsWithin(options.ClockSkew, TimeSpan.Zero, TimeSpan.FromMinutes(5)), "ClockSkew must be 0 to 5 minutes.");
        Check(IsWithin(options.PollInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), "PollInterval must be 100 milliseconds to 1 hour.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static bool IsWithin(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;
}
