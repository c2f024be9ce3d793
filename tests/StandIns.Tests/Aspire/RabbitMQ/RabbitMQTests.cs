using System.Diagnostics;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using RabbitMQ.Client;

namespace AiMesh.StandIns.Tests.Aspire.RabbitMQ;

[Trait("Level", "Server")]
public sealed class RabbitMQTests
{
    [Fact]
    public async Task Stop_LeavesNoPortMapperOfErlangBehind()
    {
        var before = PortMappers();
        await using (var sample = await SampleApplication.StartAsync([], static builder => builder.AddRabbitMQ("broker")))
        {
            await sample.HealthyAsync("broker");
            Assert.NotEmpty(PortMappers().Except(before));
        }

        Assert.Empty(PortMappers().Except(before));
    }

    [Fact]
    public async Task Broker_ComesUp_AndTheServiceReachesItByItsConnectionString()
    {
        await using var sample = await SampleApplication.StartAsync([], builder =>
        {
            var broker = builder.AddRabbitMQ("broker").WithDataVolume();
            builder.CreateResourceBuilder<ProjectResource>("back").WithReference(broker).WaitFor(broker);
        });
        await sample.HealthyAsync("back");
        var variables = await sample.EnvironmentOfAsync("back");

        var factory = new ConnectionFactory { Uri = new Uri(variables["ConnectionStrings__broker"]) };
        await using var connection = await factory.CreateConnectionAsync(sample.Patience);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: sample.Patience);
        var queue = await channel.QueueDeclareAsync(cancellationToken: sample.Patience);
        await channel.BasicPublishAsync("", queue.QueueName, Encoding.UTF8.GetBytes("news"), sample.Patience);
        var message = await channel.BasicGetAsync(queue.QueueName, autoAck: true, sample.Patience);

        Assert.Equal("news", Encoding.UTF8.GetString(message!.Body.Span));
        Assert.Equal("127.0.0.1", factory.Uri.Host);
    }

    private static int[] PortMappers() => [.. Process.GetProcessesByName("epmd").Select(process => process.Id).Where(ProcessTable.IsRunning)];
}
