using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Containers;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.RabbitMQ;

/// <summary>Finds out what can be RabbitMQ here, and starts it.</summary>
internal static class RabbitMQLauncher
{
    public static async Task<ChildProcess?> LaunchAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        if (context.Resource.HasAnnotationOfType<ConnectionStringRedirectAnnotation>())
            return null;

        if (RabbitMQProcess.Find() is { } server)
            return await StartAsync(context, server, cancellationToken);

        if (await DockerEngine.AnswersAsync(cancellationToken))
            return await DockerEngine.RunAsync(context, cancellationToken);

        throw new DistributedApplicationException(RabbitMQProcess.HowToInstall);
    }

    private static async Task<ChildProcess?> StartAsync(LaunchContext context, string server, CancellationToken cancellationToken)
    {
        var resource = (RabbitMQServerResource)context.Resource;
        var folder = DataFolders.Of(context);
        await UnixUser.CreatePrivateFolderAsync(folder, user: null, cancellationToken);

        var port = context.PortOf(RabbitMQServerResource.PrimaryEndpointName);
        return RabbitMQProcess.Start(
            server, folder, port, await SettingsAsync(context, resource, cancellationToken),
            resource.ManagementEndpoint.Exists ? ["rabbitmq_management"] : [], deleteWhenOrphaned: false, context.OnLine);
    }

    private static async Task<List<string>> SettingsAsync(LaunchContext context, RabbitMQServerResource resource, CancellationToken cancellationToken)
    {
        List<string> lines =
        [
            $"default_user = {await resource.UserNameReference.GetValueAsync(cancellationToken)}",
            $"default_pass = {await resource.PasswordParameter.GetValueAsync(cancellationToken)}",
        ];
        if (resource.ManagementEndpoint.Exists)
        {
            lines.Add("management.tcp.ip = 127.0.0.1");
            lines.Add(string.Create(
                CultureInfo.InvariantCulture, $"management.tcp.port = {context.PortOf(RabbitMQServerResource.ManagementEndpointName)}"));
        }

        return lines;
    }
}
