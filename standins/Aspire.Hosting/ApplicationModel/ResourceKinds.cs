namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>Runs with environment variables.</summary>
    public interface IResourceWithEnvironment : IResource;

    /// <summary>Runs with command-line arguments.</summary>
    public interface IResourceWithArgs : IResource;

    /// <summary>Listens on named endpoints.</summary>
    public interface IResourceWithEndpoints : IResource;

    /// <summary>Can wait for others before it starts.</summary>
    public interface IResourceWithWaitSupport : IResource;

    /// <summary>Has liveness and readiness probes when deployed.</summary>
    public interface IResourceWithProbes : IResource;

    /// <summary>Runs on a compute platform when deployed.</summary>
    public interface IComputeResource : IResource;

    /// <summary>Is neither started nor stopped, such as a parameter.</summary>
    public interface IResourceWithoutLifetime : IResource;

    /// <summary>Lives inside another resource, as a database does in its server.</summary>
    public interface IResourceWithParent : IResource
    {
        IResource Parent { get; }
    }

    /// <inheritdoc cref="IResourceWithParent"/>
    public interface IResourceWithParent<out T> : IResourceWithParent
        where T : IResource
    {
        new T Parent { get; }

        IResource IResourceWithParent.Parent => Parent;
    }
}

namespace Aspire.Hosting
{
    /// <summary>Can be found by others through service discovery.</summary>
    public interface IResourceWithServiceDiscovery : ApplicationModel.IResourceWithEndpoints;
}
